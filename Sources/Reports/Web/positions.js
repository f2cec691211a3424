// The positions page: puts the parts together.

async function prepare(table) {
  if (table.numbers) return;
  table.numbers = await unpacked(table.values);
  table.cosines = await unpacked(table.similarity.cosine);
  table.rows = table.width ? table.values.count / table.width : 0;
  table.values.zlib = table.similarity.cosine.zlib = null;
}

async function show(index) {
  const table = report.tables[index];
  await prepare(table);
  if (chosen.table?.width !== table.width) chosen.dimensions = firstDimensions(table.width);
  chosen.table = table;
  const kind = table.kind ? `${table.kind}, ` : "";
  byId("extent").replaceChildren(make("code", {}, table.name), `  ${kind}${table.positions} positions × ${table.width} dimensions`);
  byId("notes").hidden = !table.notes.length;
  byId("notes").textContent = table.notes.join(" ");
  const beyond = table.values.high > table.shade * 1.001;
  byId("scale-low").textContent = `${beyond ? "≤ " : ""}${formatted(-table.shade, 2)}`;
  byId("scale-high").textContent = `${beyond ? "≥ " : ""}${formatted(table.shade, 2)}`;
  showExactness(table);
  draw();
  document.documentElement.dataset.painted = "yes";
}

/** How exact the page is, and what it leaves out. */
function showExactness(table) {
  const parts = [`Values are kept in ${table.values.bits} bits, exact to within ${formatted(table.values.error, 2)}; cosines to within ${formatted(table.similarity.cosine.error, 2)}. The JSON and CSV forms are exact.`];
  if (table.step > 1) parts.push(` Of the encodings, one position in ${table.step} is kept.`);
  const [first, second] = table.similarity.positions;
  if (second - first > 1) parts.push(` Similarity compares one position in ${second - first}.`);
  byId("exactness").textContent = parts.join("");
}

function draw() {
  paintScale(byId("scale"));
  showEncodings(chosen.table);
  showSimilarity(chosen.table);
  setDimensions(chosen.dimensions);
  showDistance(chosen.table);
}

function measureBy(name) {
  chosen.measure = name;
  showSimilarity(chosen.table);
}

function connect() {
  byId("table-choice").hidden = report.tables.length < 2;
  byId("table").append(...report.tables.map((table, index) => make("option", { value: index }, table.name)));
  byId("table").addEventListener("change", (event) => show(Number(event.target.value)).catch(showFailure));
  byId("tab-cosine").addEventListener("click", () => measureBy("cosine"));
  byId("tab-dot").addEventListener("click", () => measureBy("dot"));
  byId("dimensions").addEventListener("change", (event) => setDimensions(typedDimensions(event.target.value, chosen.table.width)));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) draw();
    width = window.innerWidth;
  });
  onColors(draw);
}

async function start() {
  byId("title").textContent = report.title;
  report.tables = report.tables.filter((table) => table.values.count > 0);
  if (!report.tables.length) {
    byId("extent").textContent = "There are no positional encodings to show.";
    document.querySelector("main").hidden = true;
    return;
  }
  connect();
  await show(0);
}

start().catch(showFailure);
