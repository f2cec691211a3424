// The grid of heads: what the tables are, thumbnails, and what stands out.

const kinds = {
  encoder: { title: "Encoder", text: "The encoder’s tokens look at each other." },
  decoder: { title: "Decoder", text: "The decoder’s tokens look at each other." },
  cross: { title: "Cross", text: "The decoder’s tokens (rows) look at the encoder’s (columns)." },
  other: { title: "Attention", text: "Attention that stands in neither an encoder nor a decoder." },
};

/** What is chosen on the page. */
const chosen = { batch: 0, table: null, head: 0, view: "matrix", own: false, padding: true, cell: null };

const tablesShown = () => report.tables.filter((table) => table.batch === chosen.batch);

/** The tokens of a table that are shown: indices into its queries and keys. */
function tokensOf(table) {
  const kept = (count, padding) => {
    const all = Array.from({ length: count }, (_, index) => index);
    return chosen.padding ? all : all.filter((index) => !padding.has(index));
  };
  return {
    queries: kept(table.queryLabels.length, table.queryPadding),
    keys: kept(table.keyLabels.length, table.keyPadding),
  };
}

/** One head as a matrix to paint; labels are the tokens as they are. */
function headSource(table, head) {
  const { queries, keys } = tokensOf(table);
  const width = table.keyLabels.length;
  const start = head * table.queryLabels.length * width;
  return {
    rows: queries.length,
    columns: keys.length,
    value: (row, column) => table.numbers[start + queries[row] * width + keys[column]],
    rowLabels: queries.map((index) => table.queryLabels[index]),
    columnLabels: keys.map((index) => table.keyLabels[index]),
    rowPadding: (row) => table.queryPadding.has(queries[row]),
    columnPadding: (column) => table.keyPadding.has(keys[column]),
    rowIndex: (row) => queries[row],
    columnIndex: (column) => keys[column],
    rowTitle: "queries",
    columnTitle: "keys",
  };
}

/** The values that take the first and the last colour. */
function headRange(table, head) {
  if (!chosen.own) return { low: Math.min(0, table.values.low), high: Math.max(1, table.values.high) };
  const source = headSource(table, head);
  let high = 0;
  let low = 0;
  for (let row = 0; row < source.rows; row++) {
    for (let column = 0; column < source.columns; column++) {
      const value = source.value(row, column);
      if (value > high) high = value;
      if (value < low) low = value;
    }
  }
  return { low, high: high || 1 };
}

const layerName = (table) => (table.layer === null ? table.name : `layer ${table.layer}`);
const headName = (table, head) => `${kinds[table.kind].title} · ${layerName(table)} · head ${head}`;

/** Builds the panels of heads, kind by kind. */
function buildGroups() {
  const groups = byId("groups");
  groups.replaceChildren();
  for (const [kind, words] of Object.entries(kinds)) {
    const tables = tablesShown().filter((table) => table.kind === kind);
    if (tables.length) groups.append(groupPanel(words, tables));
  }
  const patterns = patternsPanel(tablesShown());
  if (patterns) groups.append(patterns);
  paintThumbnails();
}

function groupPanel(words, tables) {
  const heads = Math.max(...tables.map((table) => table.heads));
  const grid = make("div", { class: "grid", style: `grid-template-columns:max-content repeat(${heads},minmax(26px,110px))` });
  grid.append(make("span", { class: "mark layer" }, "head"));
  for (let head = 0; head < heads; head++) grid.append(make("span", { class: "mark" }, head));
  for (const table of tables) {
    grid.append(make("span", { class: "mark layer", title: table.name }, layerName(table)));
    for (let head = 0; head < heads; head++) {
      grid.append(head < table.heads ? thumbnail(table, head) : make("span"));
    }
  }
  return make("section", { class: "panel group", "aria-label": words.title },
    make("h2", {}, words.title), make("p", { class: "soft small" }, words.text), grid);
}

function thumbnail(table, head) {
  const { queries, keys } = tokensOf(table);
  const shape = Math.min(2.5, Math.max(0.4, keys.length / Math.max(1, queries.length)));
  const summary = table.summaries[head];
  const name = headName(table, head);
  const canvas = make("canvas", { style: `aspect-ratio:${shape}` });
  const button = make("button", {
    class: "head",
    type: "button",
    "aria-label": `${name}, entropy ${formatted(summary.entropy_bits, 2)} bits`,
    title: `${name}\nentropy ${formatted(summary.entropy_bits, 2)} bits`,
    tabindex: -1,
    onclick: () => openHere(table, head),
  }, canvas);
  table.buttons[head] = button;
  return button;
}

let painting = 0;

/** Paints the thumbnails, a few each frame so that the page answers meanwhile. */
function paintThumbnails() {
  const turn = ++painting;
  const waiting = tablesShown().flatMap((table) => table.buttons.map((button, head) => ({ table, button, head })));
  const next = () => {
    const end = performance.now() + 14;
    while (turn === painting && waiting.length && performance.now() < end) {
      const { table, button, head } = waiting.shift();
      const canvas = button.firstChild;
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      paintCells(canvas, headSource(table, head), headRange(table, head), canvas.clientWidth * ratio || 128, canvas.clientHeight * ratio || 128);
    }
    if (turn === painting && waiting.length) requestAnimationFrame(next);
    else if (turn === painting) document.documentElement.dataset.painted = "yes";
  };
  next();
}

// ---- what stands out

const patterns = [
  { key: "previous", title: "Previous token", text: "attention to the token before", high: true },
  { key: "next", title: "Next token", text: "attention to the token after", high: true },
  { key: "diagonal", title: "Itself", text: "attention of a token to itself", high: true },
  { key: "first_token", title: "First token", text: "attention to the first key, often a resting place", high: true },
  { key: "entropy_bits", title: "Sharpest", text: "lowest entropy, in bits: few keys at a time", high: false },
  { key: "entropy_bits", title: "Broadest", text: "highest entropy, in bits: many keys alike", high: true },
];

function patternsPanel(tables) {
  const heads = tables.flatMap((table) => table.summaries.map((summary, head) => ({ table, summary, head })));
  if (heads.length < 4) return null;
  const blocks = patterns.map((pattern) => {
    const ranked = heads.filter(({ summary }) => typeof summary[pattern.key] === "number")
      .sort((a, b) => (pattern.high ? -1 : 1) * (a.summary[pattern.key] - b.summary[pattern.key]));
    if (!ranked.length) return null;
    const chips = ranked.slice(0, 3).map(({ table, summary, head }) =>
      make("button", { type: "button", title: headName(table, head), onclick: () => openHere(table, head) },
        shortName(table, head), make("b", {}, formatted(summary[pattern.key], 2))));
    return make("div", {}, make("h3", {}, pattern.title), make("p", { class: "soft" }, pattern.text),
      make("div", { class: "chips" }, ...chips));
  });
  return make("section", { class: "panel", "aria-label": "What stands out" },
    make("h2", {}, "What stands out"),
    make("p", { class: "soft small" }, "Means over all queries that are not padding; the three strongest heads of each kind."),
    make("div", { class: "patterns" }, ...blocks));
}

/** A head's name on a chip; its kind is said only where there are several. */
function shortName(table, head) {
  const several = new Set(tablesShown().map((other) => other.kind)).size > 1;
  const stack = several && table.layer !== null ? `${kinds[table.kind].title} ${table.layer}` : layerName(table);
  return `${stack} · head ${head}`;
}
