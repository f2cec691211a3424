// The page of a comparison: the error along the graph, and the worst positions.

const frame = { width: 1080, height: 360, left: 58, right: 12, top: 12, bottom: 34 };

/** What JSON writes of a number that is not finite is a string. */
const number = (value) => (typeof value === "string" ? Number(value) : value);
const positive = (value) => value !== null && Number.isFinite(number(value)) && number(value) > 0;
const size = (value) => (value === null ? "" : number(value) === 0 ? "0" : Number.isFinite(number(value)) ? number(value).toExponential(2).replace("-", "−") : String(number(value)));

/** The curves of the chart: their names, colours and values, some of them none. */
function curves() {
  const found = [{ name: report.isolated ? "accumulated" : "relative RMS", color: "var(--together)", of: (row) => row.rms, fails: (row) => !row.passes }];
  if (report.isolated) found.push({ name: "alone, fed with what was recorded", color: "var(--alone)", of: (row) => row.alone?.rms ?? null, fails: (row) => row.alone && !row.alone.passes });
  return found;
}

/** A chart of relative errors on a logarithmic scale; what is equal lies on its floor. */
function drawChart() {
  const lines = curves();
  const all = lines.flatMap(({ of }) => report.rows.map(of)).concat(report.rows.map((row) => row.limit)).filter(positive).map(number);
  byId("chart-panel").hidden = !all.length;
  if (!all.length) return;
  const low = Math.floor(Math.log10(Math.min(...all))) - 1;
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(...all))));
  const step = (frame.width - frame.left - frame.right) / Math.max(1, report.rows.length - 1);
  const x = (index) => frame.left + step * index;
  const y = (value) => frame.top + (high - (positive(value) ? Math.log10(number(value)) : low)) / (high - low) * (frame.height - frame.top - frame.bottom);
  const svg = make("svg", { viewBox: `0 0 ${frame.width} ${frame.height}`, role: "img", "aria-label": "relative error over nodes" });
  for (let power = low; power <= high; power += Math.ceil((high - low) / 8)) {
    const place = y(10 ** power);
    svg.append(make("line", { class: "rule", x1: frame.left, x2: frame.width - frame.right, y1: place, y2: place }));
    svg.append(make("text", { x: frame.left - 8, y: place + 4, "text-anchor": "end" }, power === low ? "0" : `1e${power}`.replace("-", "−")));
  }
  svg.append(pathOf((row) => row.limit, x, y, { class: "limit curve" }));
  for (const { of, color, fails } of lines) {
    svg.append(pathOf(of, x, y, { class: "curve", style: `stroke:${color}` }));
    report.rows.forEach((row, index) => {
      if (of(row) !== null && (fails(row) || report.rows.length <= 120)) {
        svg.append(make("circle", { cx: x(index), cy: y(of(row)), r: fails(row) ? 3.4 : 1.8, style: `fill:${fails(row) ? "var(--bad)" : color}` }));
      }
    });
  }
  svg.append(make("text", { x: frame.width - frame.right, y: frame.height - 6, "text-anchor": "end" }, report.relational ? "tensors, in the report's order" : "nodes, in the graph's order"));
  follow(svg, x);
  byId("chart").replaceChildren(svg);
  byId("key").replaceChildren(
    ...lines.map(({ name, color }) => make("span", {}, make("i", { style: `background:${color}` }), name)),
    make("span", {}, make("i", { style: "background:var(--bad)" }), "fails"),
    ...(report.rows.some((row) => positive(row.limit)) ? [make("span", {}, make("i", { style: "background:var(--soft)" }), "allowed")] : []));
}

/** A path over the rows; a row without a value leaves a gap. */
function pathOf(of, x, y, attributes) {
  let path = "";
  let pen = false;
  report.rows.forEach((row, index) => {
    const value = of(row);
    if (value === null || value === undefined || Number.isNaN(number(value))) pen = false;
    else {
      path += `${pen ? "L" : "M"}${x(index).toFixed(1)},${y(value).toFixed(1)}`;
      pen = true;
    }
  });
  return make("path", { ...attributes, d: path });
}

function follow(svg, x) {
  const pointer = make("line", { class: "pointer", y1: frame.top, y2: frame.height - frame.bottom, visibility: "hidden" });
  svg.append(pointer);
  const show = (index) => byId("readout").replaceChildren(...(index < 0 ? [make("span", { class: "soft" }, "Point at the chart to read its values; click to go to the row.")] : sentence(report.rows[index])));
  const nearest = (event) => {
    const bounds = svg.getBoundingClientRect();
    const place = (event.clientX - bounds.left) / bounds.width * frame.width;
    return Math.min(report.rows.length - 1, Math.max(0, Math.round((place - frame.left) / (x(1) - x(0) || 1))));
  };
  svg.addEventListener("pointermove", (event) => {
    const index = nearest(event);
    pointer.setAttribute("x1", x(index));
    pointer.setAttribute("x2", x(index));
    pointer.setAttribute("visibility", "visible");
    show(index);
  });
  svg.addEventListener("pointerleave", () => { pointer.setAttribute("visibility", "hidden"); show(-1); });
  svg.addEventListener("click", (event) => {
    byId("filter").value = "";
    byId("failing").checked = false;
    listRows();
    const line = byId(`row-${nearest(event)}`);
    line.classList.add("hot");
    line.scrollIntoView({ block: "center" });
  });
  show(-1);
}

function sentence(row) {
  const parts = [`${row.name}: `, make("b", { class: row.passes ? "good" : "bad" }, row.kind ?? row.verdict), row.rms === null ? "" : `, relative RMS ${size(row.rms)}`];
  if (row.alone) parts.push(", alone ", make("b", { class: row.alone.passes ? "good" : "bad" }, `${row.alone.verdict} ${size(row.alone.rms ?? null)}`));
  if (row.note) parts.push(make("span", { class: "soft" }, ` ${row.note}`));
  return parts;
}

// ---- tables

function table(columns, rows) {
  const head = make("tr", {}, ...columns.map(({ title, isNumber }) => make("th", { class: isNumber ? "number" : null, scope: "col" }, title)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function listRows() {
  const wanted = byId("filter").value.toLowerCase();
  const shown = report.rows.map((row, index) => ({ row, index }))
    .filter(({ row }) => row.name.toLowerCase().includes(wanted) && (!byId("failing").checked || !row.passes));
  const weight = ({ row }) => (row.passes ? 0 : row.rms === null || Number.isNaN(number(row.rms)) ? Infinity : 1 + number(row.rms));
  shown.sort((a, b) => (weight(b) === weight(a) ? a.index - b.index : weight(b) - weight(a)));
  const columns = [{ title: "name" }, { title: "shape" }, { title: report.relational ? "relation" : "verdict" }, { title: "rel RMS", isNumber: true },
    { title: "max abs", isNumber: true }, { title: "SNR dB", isNumber: true }, { title: "ULP 99 %", isNumber: true }];
  if (report.isolated) columns.push({ title: "alone" }, { title: "rel RMS alone", isNumber: true });
  columns.push({ title: "worst at" });
  byId("rows").replaceChildren(table(columns, shown.map(line)));
}

function line({ row, index }) {
  const cells = [
    make("td", { class: "name" }, row.name, row.there ? make("div", { class: "soft" }, `there ${row.there}`) : null),
    make("td", {}, row.shape), make("td", { class: row.passes ? "good" : "bad" }, row.kind ?? row.verdict),
    make("td", { class: "number" }, size(row.rms)), make("td", { class: "number" }, size(row.max)),
    make("td", { class: "number" }, row.snr === null ? "" : formatted(number(row.snr), 1)), make("td", { class: "number" }, row.ulp === null ? "" : formatted(number(row.ulp), 0)),
  ];
  if (report.isolated) {
    cells.push(make("td", { class: row.alone ? (row.alone.passes ? "good" : "bad") : null }, row.alone?.verdict ?? ""), make("td", { class: "number" }, size(row.alone?.rms ?? null)));
  }
  cells.push(make("td", {}, row.note ?? (row.verdict === "identical" ? "" : row.place)));
  return make("tr", { id: `row-${index}` }, ...cells);
}

function listBlocks() {
  byId("blocks-panel").hidden = !report.blocks.some((block) => block.changed);
  const most = Math.max(...report.blocks.map((block) => number(block.rms)), 1e-300);
  byId("blocks").replaceChildren(table(
    [{ title: "block" }, { title: "changed", isNumber: true }, { title: "rel RMS", isNumber: true }, { title: "" }, { title: "most" }],
    report.blocks.map((block) => make("tr", {},
      make("td", { class: "name" }, block.name), make("td", { class: "number" }, `${block.changed} of ${block.count}`),
      make("td", { class: "number" }, size(block.rms)),
      make("td", {}, make("span", { class: "meter", style: `width:${(10 * number(block.rms) / most).toFixed(2)}rem` })),
      make("td", { class: "name" }, block.most ?? "")))));
}

function listAbsent() {
  byId("absent-panel").hidden = !report.missing.length && !report.unexpected.length;
  const part = (title, names) => (names.length ? [make("h3", {}, `${title} (${names.length})`), make("ul", {}, ...names.map((name) => make("li", {}, make("code", {}, name))))] : []);
  byId("absent").replaceChildren(...part("Missing", report.missing), ...part("Unexpected", report.unexpected));
}

function start() {
  byId("title").textContent = report.title;
  byId("verdict").replaceChildren(make("b", { class: report.passes ? "good" : "bad" }, report.verdict), `: ${report.rows.length} compared`);
  const facts = report.relations.map(([kind, count]) => [kind, count]);
  if (report.first !== null && !report.relational) facts.push(["first divergence", report.first]);
  if (report.source !== null) facts.push(["source of the error", report.source]);
  facts.push(["fail", report.rows.filter((row) => !row.passes).length]);
  byId("facts").replaceChildren(...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
  byId("chart-title").textContent = report.relational ? "The change of each tensor" : "The error along the graph";
  byId("chart-text").textContent = "The root mean square of the difference over that of the reference, on a logarithmic scale; what is equal lies at 0.";
  byId("notes").replaceChildren(...report.notes.map((note) => make("li", {}, note)));
  byId("diagnosis-panel").hidden = report.diagnosis === null;
  byId("diagnosis").textContent = (report.diagnosis ?? "").trim().replace(/^diagnosis\s*/, "");
  byId("filter").addEventListener("input", listRows);
  byId("failing").addEventListener("change", listRows);
  drawChart();
  listBlocks();
  listAbsent();
  listRows();
  document.documentElement.dataset.painted = "yes";
}

try { start(); } catch (error) { showFailure(error); }
