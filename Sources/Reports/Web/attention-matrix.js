// The opened head as a matrix.

let matrix = null;
let matrixKey = "";

/** The largest cell that lets the whole matrix stand in the panel without scrolling. */
function fittingCell(source) {
  const large = byId("opened").classList.contains("large");
  const labels = labelRoom(source, 12);
  const wide = byId("view").clientWidth - labels.left - 2;
  const high = Math.max(300, window.innerHeight - (large ? 270 : 310) - labels.top);
  const fit = Math.min(44, wide / Math.max(1, source.columns), high / Math.max(1, source.rows));
  return fit >= 2 ? Math.floor(fit) : fit;
}

function showMatrix(table, head) {
  const source = headSource(table, head);
  const range = headRange(table, head);
  const cell = chosen.cell ?? fittingCell(source);
  byId("zoom").value = cell;
  const key = [report.tables.indexOf(table), cell, chosen.padding].join(" ");
  const at = matrix && key === matrixKey ? [matrix.row, matrix.column] : [-1, -1];
  const scroll = matrix && matrix.element.isConnected ? [matrix.element.scrollLeft, matrix.element.scrollTop] : [0, 0];
  matrix = matrixView(byId("view"), source, range, {
    cell: { x: cell, y: cell },
    name: `Attention of ${headName(table, head)}, ${source.rows} queries by ${source.columns} keys`,
    onPoint: (row, column) => readCell(source, row, column),
  });
  matrixKey = key;
  matrix.element.scrollTo(...scroll);
  matrix.point(...at);
}

/** Says what the pointer is at: query → key: value. */
function readCell(source, row, column) {
  if (row < 0) {
    byId("readout").replaceChildren(make("span", { class: "soft" }, "Point at a cell to read it."));
    return;
  }
  sayWeight(source, row, column);
}

function sayWeight(source, row, column) {
  byId("readout").replaceChildren(
    `${source.rowLabels[row]} → ${source.columnLabels[column]}: `,
    make("b", {}, formatted(source.value(row, column), 3)),
    make("span", { class: "soft small" }, `   query ${source.rowIndex(row)}, key ${source.columnIndex(column)}`));
}
