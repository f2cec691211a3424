// The two matrices: encodings by position and dimension, and positions by positions.

/** What is chosen on the page. */
const chosen = { table: null, measure: "cosine", dimensions: [] };

const positionLabels = (table) => Array.from({ length: table.rows }, (_, row) => String(row * table.step));

/** The encodings as a matrix to paint. */
function encodingSource(table) {
  return {
    rows: table.rows,
    columns: table.width,
    value: (row, column) => table.numbers[row * table.width + column],
    rowLabels: positionLabels(table),
    columnLabels: Array.from({ length: table.width }, (_, column) => String(column)),
    rowTitle: "positions",
    columnTitle: "dimensions",
    numeric: true,
  };
}

/** The similarity as a matrix to paint; only the half on and right of the diagonal is kept. */
function similaritySource(table) {
  const { positions, norms } = table.similarity;
  const count = positions.length;
  const cosine = (row, column) => {
    const [first, second] = row < column ? [row, column] : [column, row];
    return table.cosines[first * count - first * (first - 1) / 2 + second - first];
  };
  const dot = (row, column) => cosine(row, column) * norms[row] * norms[column];
  const labels = positions.map(String);
  return {
    rows: count, columns: count, value: chosen.measure === "dot" ? dot : cosine, cosine, dot,
    rowLabels: labels, columnLabels: labels, rowTitle: "positions", columnTitle: "positions", numeric: true,
  };
}

/** Cells that fill the panel's width, and a height not much beyond it; numbers need no squares. */
function panelCell(container, source, square) {
  const labels = labelRoom(source, 11);
  const wide = container.clientWidth - labels.left - 2;
  const x = Math.min(wide / Math.max(1, source.columns), 40);
  return { x, y: square ? x : Math.min(40, Math.min(wide, 560) / Math.max(1, source.rows)) };
}

let encodings = null;

function showEncodings(table) {
  const source = encodingSource(table);
  const range = { low: -table.shade, high: table.shade };
  const hint = make("span", { class: "soft" }, "Point at a cell to read it.");
  encodings = matrixView(byId("values"), source, range, {
    cell: panelCell(byId("values"), source, false),
    name: `Encodings of ${table.name}, ${source.rows} positions by ${source.columns} dimensions`,
    onPoint: (row, column) => byId("values-readout").replaceChildren(...(row < 0 ? [hint] : [
      `position ${source.rowLabels[row]}, dimension ${column}: `, make("b", {}, formatted(source.value(row, column), 4)),
    ])),
  });
  encodings.point(-1, -1);
  const add = () => encodings.column >= 0 && addDimension(encodings.column);
  encodings.element.querySelector(".cells").addEventListener("click", add);
  encodings.element.querySelector(".cells").addEventListener("keydown", (event) => event.key === "Enter" && add());
}

function showSimilarity(table) {
  for (const measureName of ["cosine", "dot"]) {
    byId(`tab-${measureName}`).setAttribute("aria-selected", chosen.measure === measureName);
  }
  byId("similarity").setAttribute("aria-labelledby", `tab-${chosen.measure}`);
  const source = similaritySource(table);
  const high = chosen.measure === "cosine" ? 1 : Math.max(1e-30, ...table.similarity.norms.filter(Number.isFinite).map((norm) => norm * norm));
  byId("similarity-text").textContent = chosen.measure === "cosine"
    ? "The cosine of the angle between the vectors of two positions, from −1 to 1."
    : `The dot product of the vectors of two positions, up to ${formatted(high, 3)}.`;
  const hint = make("span", { class: "soft" }, "Point at a cell to read it.");
  const view = matrixView(byId("similarity"), source, { low: -high, high }, {
    cell: panelCell(byId("similarity"), source, true),
    name: `Similarity of the positions of ${table.name}`,
    onPoint: (row, column) => byId("similarity-readout").replaceChildren(...(row < 0 ? [hint] : [
      `position ${source.rowLabels[row]}, position ${source.columnLabels[column]}: cosine `,
      make("b", {}, formatted(source.cosine(row, column), 4)),
      `, dot product `, make("b", {}, formatted(source.dot(row, column), 4)),
    ])),
  });
  view.point(-1, -1);
}
