// The opened head as lines from queries to keys.

function showLines(table, head) {
  const source = headSource(table, head);
  const range = headRange(table, head);
  const most = Math.max(source.rows, source.columns);
  const step = most <= 26 ? 25 : most <= 80 ? 17 : 13;
  const size = Math.min(12.5, step - 2);
  const canvas = make("canvas", { role: "img", "aria-label": `Lines of ${headName(table, head)}` });
  const holder = make("div", {}, canvas);
  const lists = ["row", "column"].map((side) => tokenList(source, side, { step, size }));
  const view = make("div", { class: "lines" },
    make("span", { class: "ends", style: "text-align:right" }, "queries"), make("span", { class: "ends" }), make("span", { class: "ends" }, "keys"),
    lists[0].list, holder, lists[1].list);
  byId("view").replaceChildren(view);
  const state = { source, range, step, canvas, holder, lists };
  for (const [index, { items }] of lists.entries()) {
    items.forEach((item, token) => {
      const side = index === 0 ? "row" : "column";
      item.addEventListener("pointerenter", () => focusToken(state, side, token));
      item.addEventListener("focus", () => focusToken(state, side, token));
      item.addEventListener("pointerleave", () => focusToken(state, null, -1));
      item.addEventListener("blur", () => focusToken(state, null, -1));
    });
  }
  focusToken(state, null, -1);
}

function tokenList(source, side, { step, size }) {
  const padded = side === "row" ? source.rowPadding : source.columnPadding;
  const items = source[`${side}Labels`].map((label, index) =>
    make("li", { class: padded(index) ? "padding" : null, style: `height:${step}px;line-height:${step}px;font-size:${size}px`, title: label, tabindex: 0 }, label || "∅"));
  return { items, list: make("ol", { class: side === "row" ? "queries" : "keys", "aria-label": side === "row" ? "queries" : "keys" }, ...items) };
}

/** Shows the lines of one token, or of all. */
function focusToken(state, side, token) {
  const { source, lists, range } = state;
  lists.forEach(({ items }, index) => {
    const own = side === (index === 0 ? "row" : "column");
    items.forEach((item, at) => {
      item.classList.toggle("hot", own && at === token);
      const weight = side === null || own ? 0 : side === "row" ? source.value(token, at) : source.value(at, token);
      const strength = Math.round(80 * Math.min(1, Math.max(0, weight / range.high)));
      item.style.background = strength > 1 ? `color-mix(in srgb, var(--accent) ${strength}%, transparent)` : "";
    });
  });
  drawLines(state, side, token);
  sayFocus(source, side, token);
}

function sayFocus(source, side, token) {
  if (side === null) {
    byId("readout").replaceChildren(make("span", { class: "soft" }, "Point at a token to see its lines alone. The stronger a line, the larger the attention; under half of an even share none is drawn."));
    return;
  }
  const count = side === "row" ? source.columns : source.rows;
  const weight = (other) => (side === "row" ? source.value(token, other) : source.value(other, token));
  const best = Array.from({ length: count }, (_, index) => index)
    .filter((index) => !Number.isNaN(weight(index)))
    .sort((a, b) => weight(b) - weight(a)).slice(0, 3);
  const parts = best.map((other) => {
    const [row, column] = side === "row" ? [token, other] : [other, token];
    return make("div", {}, `${source.rowLabels[row]} → ${source.columnLabels[column]}: `, make("b", {}, formatted(weight(other), 3)));
  });
  byId("readout").replaceChildren(...parts);
}

function drawLines({ source, range, step, canvas, holder }, side, token) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const width = Math.max(90, holder.clientWidth);
  const height = step * Math.max(source.rows, source.columns);
  canvas.width = width * ratio;
  canvas.height = Math.min(16000, height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, canvas.height / height);
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  // All lines together are as strong as their attention, so that much of little shows as a haze;
  // one token's lines follow the chosen colour scale. What is under half of an even share is not
  // drawn unless its token is pointed at.
  const whole = side === null ? 1 : range.high;
  const least = side === null ? 0.5 / Math.max(1, source.columns) : 0.002 * range.high;
  const rows = side === "row" ? [token] : source.rowLabels.keys();
  for (const row of rows) {
    const columns = side === "column" ? [token] : source.columnLabels.keys();
    for (const column of columns) {
      const value = source.value(row, column);
      if (value > least) strokeLine(context, width, (row + 0.5) * step, (column + 0.5) * step, Math.min(1, value / whole));
    }
  }
}

function strokeLine(context, width, from, to, strength) {
  context.globalAlpha = Math.min(1, 0.03 + 0.97 * strength);
  context.lineWidth = 0.7 + 2.3 * strength;
  context.beginPath();
  context.moveTo(0, from);
  context.bezierCurveTo(width * 0.4, from, width * 0.6, to, width, to);
  context.stroke();
}
