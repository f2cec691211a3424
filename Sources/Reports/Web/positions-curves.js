// Charts: chosen dimensions over positions, and similarity over distance.

const frameOf = { width: 720, height: 330, left: 52, right: 10, top: 10, bottom: 38 };

/** Round ticks between two numbers. */
function ticks(low, high, about) {
  const raw = (high - low) / about;
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((digit) => digit * power >= raw * 0.999);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) found.push(Math.abs(value) < step * 1e-6 ? 0 : value);
  return found;
}

/**
 * A chart in a container: series of { name, color, xs, ys }, perhaps a band of { xs, lows, highs,
 * color }; calls onPoint(index or -1) as the pointer moves over the first series' xs.
 */
function chart(container, { series, band, xTitle, yTitle, xs, low, high, onPoint }) {
  const box = frameOf;
  const firstX = xs[0] ?? 0;
  const lastX = xs.length > 1 ? xs[xs.length - 1] : firstX + 1;
  const span = high - low || 1;
  const x = (value) => box.left + (value - firstX) / (lastX - firstX) * (box.width - box.left - box.right);
  const y = (value) => box.top + (high - value) / span * (box.height - box.top - box.bottom);
  const svg = make("svg", { viewBox: `0 0 ${box.width} ${box.height}`, role: "img", "aria-label": `${yTitle} over ${xTitle}` });
  svg.append(...axes({ x, y, low, high, firstX, lastX, xTitle, yTitle }));
  if (band) {
    const forth = Array.from(band.xs, (value, index) => `${x(value).toFixed(1)},${y(band.highs[index]).toFixed(1)}`);
    const back = Array.from(band.xs, (value, index) => `${x(value).toFixed(1)},${y(band.lows[index]).toFixed(1)}`).reverse();
    svg.append(make("path", { class: "band", d: `M${forth.concat(back).join("L")}Z`, style: `fill:${band.color}` }));
  }
  for (const { color, ys } of series) {
    svg.append(make("path", { class: "curve", d: pathOf(xs, ys, x, y), style: `stroke:${color}` }));
  }
  const pointer = make("line", { class: "pointer", y1: box.top, y2: box.height - box.bottom, visibility: "hidden" });
  svg.append(pointer);
  followPointer(svg, pointer, { xs, x, onPoint });
  container.replaceChildren(svg);
  onPoint(-1);
}

/** A path over numbers; what is not a number leaves a gap. */
function pathOf(xs, ys, x, y) {
  let path = "";
  let pen = false;
  for (let index = 0; index < xs.length; index++) {
    if (Number.isNaN(ys[index])) pen = false;
    else {
      path += `${pen ? "L" : "M"}${x(xs[index]).toFixed(1)},${y(ys[index]).toFixed(1)}`;
      pen = true;
    }
  }
  return path;
}

function axes({ x, y, low, high, firstX, lastX, xTitle, yTitle }) {
  const box = frameOf;
  const parts = [];
  for (const value of ticks(low, high, 5)) {
    parts.push(make("line", { class: value === 0 ? "rule zero" : "rule", x1: box.left, x2: box.width - box.right, y1: y(value), y2: y(value) }));
    parts.push(make("text", { x: box.left - 8, y: y(value) + 4, "text-anchor": "end" }, Number(value.toPrecision(6)).toString().replace("-", "−")));
  }
  for (const value of ticks(firstX, lastX, 8)) {
    if (!Number.isInteger(value)) continue;
    parts.push(make("text", { x: x(value), y: box.height - box.bottom + 17, "text-anchor": "middle" }, value));
  }
  parts.push(make("text", { x: box.width - box.right, y: box.height - 3, "text-anchor": "end" }, xTitle));
  parts.push(make("text", { x: 0, y: 0, transform: `translate(11 ${box.top + 2}) rotate(-90)`, "text-anchor": "end" }, yTitle));
  return parts;
}

function followPointer(svg, pointer, { xs, x, onPoint }) {
  const nearest = (place) => {
    let best = 0;
    for (let index = 1; index < xs.length; index++) {
      if (Math.abs(x(xs[index]) - place) < Math.abs(x(xs[best]) - place)) best = index;
    }
    return best;
  };
  svg.addEventListener("pointermove", (event) => {
    const bounds = svg.getBoundingClientRect();
    const index = nearest((event.clientX - bounds.left) / bounds.width * frameOf.width);
    pointer.setAttribute("x1", x(xs[index]));
    pointer.setAttribute("x2", x(xs[index]));
    pointer.setAttribute("visibility", "visible");
    onPoint(index);
  });
  svg.addEventListener("pointerleave", () => {
    pointer.setAttribute("visibility", "hidden");
    onPoint(-1);
  });
}

// ---- dimensions

const colorOf = (index) => `var(--series-${index % 8})`;

/** Dimensions worth seeing first: a few from the fast end on, spread over the width. */
function firstDimensions(width) {
  const wanted = [0, 1, Math.round(width / 16), Math.round(width / 8), Math.round(width / 4), Math.round(width / 2)];
  return [...new Set(wanted)].filter((dimension) => dimension < width);
}

function addDimension(dimension) {
  if (!chosen.dimensions.includes(dimension)) setDimensions([...chosen.dimensions, dimension].slice(-8));
}

function setDimensions(dimensions) {
  chosen.dimensions = dimensions;
  byId("dimensions").value = dimensions.join(", ");
  showCurves(chosen.table);
}

/** Reads what was typed: numbers and ranges, as `0, 4, 10-13`. */
function typedDimensions(text, width) {
  const found = [];
  for (const part of text.split(/[\s,;]+/)) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) continue;
    const last = Math.min(Number(match[2] ?? match[1]), width - 1);
    for (let dimension = Number(match[1]); dimension <= last && found.length < 8; dimension++) {
      if (!found.includes(dimension)) found.push(dimension);
    }
  }
  return found;
}

function showCurves(table) {
  const xs = Array.from({ length: table.rows }, (_, row) => row * table.step);
  const series = chosen.dimensions.map((dimension, index) => ({
    name: dimension,
    color: colorOf(index),
    ys: Float32Array.from(xs, (_, row) => table.numbers[row * table.width + dimension]),
  }));
  const reach = series.reduce((most, { ys }) => ys.reduce((a, b) => (Math.abs(b) > a ? Math.abs(b) : a), most), 0) || 1;
  const hint = make("span", { class: "soft" }, "Point at the chart to read its values.");
  chart(byId("curves"), {
    series, xs, low: -reach, high: reach, xTitle: "position", yTitle: "value",
    onPoint: (row) => byId("curves-readout").replaceChildren(...(row < 0 ? [hint] : [
      `position ${xs[row]}: `, ...series.flatMap(({ name, ys, color }) => [
        make("span", { style: `color:${color}` }, ` ${name} `), make("b", {}, formatted(ys[row], 4)), "  "]),
    ])),
  });
  byId("key").replaceChildren(...chosen.dimensions.map((dimension, index) =>
    make("button", { type: "button", title: "Remove", "aria-label": `Remove dimension ${dimension}`, onclick: () => setDimensions(chosen.dimensions.filter((other) => other !== dimension)) },
      make("i", { style: `background:${colorOf(index)}` }), `${dimension}`)));
}

function showDistance(table) {
  const rows = table.similarity.by_distance;
  const [xs, means, lows, highs] = [0, 1, 2, 3].map((part) => rows.map((row) => row[part]));
  const hint = make("span", { class: "soft" }, "Point at the chart to read its values.");
  chart(byId("distance"), {
    series: [{ name: "mean", color: "var(--series-0)", ys: means }],
    band: { xs, lows, highs, color: "var(--series-0)" },
    xs, low: Math.min(0, ...lows), high: Math.max(1, ...highs), xTitle: "distance", yTitle: "cosine",
    onPoint: (index) => byId("distance-readout").replaceChildren(...(index < 0 || !rows.length ? [hint] : [
      `distance ${xs[index]}: mean `, make("b", {}, formatted(means[index], 4)),
      `, from ${formatted(lows[index], 4)} to ${formatted(highs[index], 4)}`,
    ])),
  });
}
