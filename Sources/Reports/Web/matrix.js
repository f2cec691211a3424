// A matrix with labels on both axes, read by pointer or by arrow keys.

const measure = document.createElement("canvas").getContext("2d");
const codeFont = getComputedStyle(document.documentElement).getPropertyValue("--code");
const longestLabel = 150;

/** The width of a text in the labels' font. */
function textWidth(text, size) {
  measure.font = `${size}px ${codeFont}`;
  return measure.measureText(text).width;
}

const widest = (labels, size) => labels.reduce((most, label) => Math.max(most, textWidth(label, size)), 0);

/** The smallest of 1, 2, 5, 10, 20, … that is no less than a number. */
function roundStep(least) {
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power >= least) return digit * power;
  }
}

/** A label that fits; what is cut off is shown by the tooltip and the readout. */
function clipped(text, size) {
  if (textWidth(text, size) <= longestLabel) return text;
  const short = Array.from(text);
  while (short.length > 1 && textWidth(short.join("") + "…", size) > longestLabel) short.pop();
  return short.join("") + "…";
}

/** The room that labels take left of the cells and above them. */
function labelRoom(source, size) {
  const titles = 14 + 6.4 * Math.max(source.rowTitle.length, source.columnTitle.length);
  const left = Math.min(longestLabel, Math.max(titles, widest(source.rowLabels, size)));
  const top = source.numeric ? 22 : Math.min(longestLabel, Math.max(22, widest(source.columnLabels, size)));
  return { left: Math.ceil(left) + 12, top: Math.ceil(top) + 12 };
}

/** How labels stand beside cells of a size: font size, which are shown, whether they lie on their side. */
function labelPlan(source, cell) {
  const upright = (side) => Math.max(8, Math.min(12.5, side * 0.8));
  if (source.numeric) {
    return { size: 11, rowsEvery: roundStep(24 / cell.y), columnsEvery: roundStep((widest(source.columnLabels, 11) + 14) / cell.x), turned: false };
  }
  const size = upright(Math.min(cell.x, cell.y));
  return { size, rowsEvery: roundStep((size + 1) / cell.y), columnsEvery: roundStep((size + 1) / cell.x), turned: true };
}

/**
 * Builds a matrix view in a container.
 *
 * source: { rows, columns, value(row, column), rowLabels, columnLabels, rowPadding, columnPadding,
 * rowTitle, columnTitle, numeric }; range: { low, high }; options: { cell: { x, y }, name,
 * onPoint(row, column) }. Returns { element, row, column, point(row, column) }.
 */
function matrixView(container, source, range, { cell, name, onPoint }) {
  const plan = labelPlan(source, cell);
  const { left, top } = labelRoom(source, plan.size);
  const wide = source.columns * cell.x;
  const high = source.rows * cell.y;
  const canvas = make("canvas", { role: "img", "aria-label": name, style: `width:${wide}px;height:${high}px` });
  const cursor = make("div", { class: "cursor", hidden: true });
  const cells = make("div", { class: "cells", tabindex: 0, role: "group", "aria-label": `${name}. Arrow keys read its cells, Escape leaves.` }, canvas, cursor);
  const columns = columnAxis(source, { cell, plan, wide, top });
  const rows = rowAxis(source, { cell, plan, high, left });
  const corner = make("svg", { class: "corner", width: left, height: top, "aria-hidden": true },
    make("text", { class: "axis", x: left - 8, y: top - 20, "text-anchor": "end" }, `${source.columnTitle} →`),
    make("text", { class: "axis", x: left - 8, y: top - 6, "text-anchor": "end" }, `${source.rowTitle} ↓`));
  const frame = make("div", { class: "frame", style: `grid-template-columns:${left}px ${wide}px` }, corner, columns.svg, rows.svg, cells);
  const element = make("div", { class: "matrix" }, frame);
  container.replaceChildren(element);
  paintSpaced(canvas, source, range, cell);

  const view = { element, row: -1, column: -1 };
  view.point = (row, column) => {
    columns.mark(view.column, column);
    rows.mark(view.row, row);
    view.row = row;
    view.column = column;
    placeCursor(cursor, cell, row, column);
    onPoint(row, column);
  };
  followCells(cells, canvas, view, source);
  return view;
}

/** Puts the frame round a cell, or round a small one with some room. */
function placeCursor(cursor, cell, row, column) {
  cursor.hidden = row < 0;
  const [wide, high] = [Math.max(cell.x, 4), Math.max(cell.y, 4)];
  cursor.style.cssText = `left:${column * cell.x + (cell.x - wide) / 2}px;top:${row * cell.y + (cell.y - high) / 2}px;width:${wide}px;height:${high}px`;
}

function followCells(cells, canvas, view, source) {
  cells.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * source.columns);
    const row = Math.floor((event.clientY - box.top) / box.height * source.rows);
    const inside = row >= 0 && column >= 0 && row < source.rows && column < source.columns;
    if (inside && (row !== view.row || column !== view.column)) view.point(row, column);
  });
  cells.addEventListener("pointerleave", () => view.point(-1, -1));
  cells.addEventListener("keydown", (event) => moveCursor(event, view, source, cells));
}

function moveCursor(event, view, source, cells) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (event.key === "Escape") {
    view.point(-1, -1);
    cells.blur();
  }
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const moved = (at, by, count) => (at < 0 ? 0 : Math.min(count - 1, Math.max(0, at + by)));
  view.point(moved(view.row, step[0], source.rows), moved(view.column, step[1], source.columns));
}

/** Paints cells a hair apart when they are large enough, else as many pixels as the screen has. */
function paintSpaced(canvas, source, range, cell) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const wide = Math.round(cell.x * ratio);
  const high = Math.round(cell.y * ratio);
  if (source.numeric || Math.min(cell.x, cell.y) < 9 || Math.max(source.rows * high, source.columns * wide) > 4096) {
    paintCells(canvas, source, range, Math.min(4096, source.columns * cell.x * ratio), Math.min(4096, source.rows * cell.y * ratio));
    return;
  }
  const small = document.createElement("canvas");
  paintCells(small, source, range);
  canvas.width = source.columns * wide;
  canvas.height = source.rows * high;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  const gap = Math.max(1, Math.round(ratio * (cell.x >= 20 ? 1.5 : 1)));
  for (let row = 1; row < source.rows; row++) context.clearRect(0, row * high - (gap >> 1), canvas.width, gap);
  for (let column = 1; column < source.columns; column++) context.clearRect(column * wide - (gap >> 1), 0, gap, canvas.height);
}

/** A number kept between two, so that the first and the last label stay inside the axis. */
const between = (low, value, high) => Math.max(low, Math.min(value, Math.max(low, high)));

function columnAxis(source, { cell, plan, wide, top }) {
  const { size, turned } = plan;
  const texts = source.columnLabels.map((label, index) => {
    const middle = (index + 0.5) * cell.x;
    const half = textWidth(label, size) / 2;
    const place = turned
      ? { transform: `translate(${between(size * 0.8, middle + size * 0.35, wide - 1)} ${top - 6}) rotate(-90)` }
      : { x: between(half, middle, wide - half), y: top - 6, "text-anchor": "middle" };
    return axisText(label, index, place, plan.columnsEvery, size, source.columnPadding?.(index));
  });
  const svg = make("svg", { class: "top", width: wide, height: top, "aria-hidden": true }, ...texts);
  return { svg, mark: marker(texts, plan.columnsEvery) };
}

function rowAxis(source, { cell, plan, high, left }) {
  const { size } = plan;
  const texts = source.rowLabels.map((label, index) => {
    const y = between(size * 0.8, (index + 0.5) * cell.y + size * 0.35, high - 2);
    const place = { x: left - 8, y, "text-anchor": "end" };
    return axisText(label, index, place, plan.rowsEvery, size, source.rowPadding?.(index));
  });
  const svg = make("svg", { class: "left", width: left, height: high, "aria-hidden": true }, ...texts);
  return { svg, mark: marker(texts, plan.rowsEvery) };
}

function axisText(label, index, place, every, size, padded) {
  const text = make("text", { ...place, "font-size": size, class: padded ? "padding" : null }, clipped(label, size) || "∅");
  text.append(make("title", {}, label || "empty"));
  if (index % every) text.style.visibility = "hidden";
  return text;
}

/** Marks the label under the pointer; where labels are thinned out it takes its neighbours' room. */
function marker(texts, every) {
  const show = (index, hot) => {
    for (let near = Math.max(0, index - every); near <= index + every && near < texts.length; near++) {
      texts[near].style.visibility = (hot ? near === index : near % every === 0) ? "visible" : "hidden";
    }
  };
  return (before, after) => {
    for (const [index, hot] of [[before, false], [after, true]]) {
      if (index < 0 || !texts[index]) continue;
      texts[index].classList.toggle("hot", hot);
      if (every > 1) show(index, hot);
    }
  };
}
