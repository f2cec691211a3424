// The attention page: puts the parts together and follows the keys.

/** Opens a head in the panel. */
function open(table, head) {
  chosen.table?.buttons[chosen.head]?.removeAttribute("aria-current");
  chosen.table?.buttons[chosen.head]?.setAttribute("tabindex", "-1");
  const resized = chosen.table && table.kind !== chosen.table.kind;
  if (resized) chosen.cell = null;
  chosen.table = table;
  chosen.head = head;
  table.buttons[head]?.setAttribute("aria-current", "true");
  table.buttons[head]?.setAttribute("tabindex", "0");
  byId("head-name").textContent = headName(table, head);
  byId("node-name").textContent = table.name;
  showFacts(table.summaries[head]);
  showView();
  history.replaceState(null, "", `#${encodeURIComponent(table.name)}/${head}/${chosen.view}/${chosen.batch}`);
}

/** Opens a head that was clicked; where the panel stands below the grid, goes there. */
function openHere(table, head) {
  open(table, head);
  const panel = byId("opened");
  if (panel.getBoundingClientRect().left < byId("groups").getBoundingClientRect().right) panel.scrollIntoView({ block: "start" });
}

function showView() {
  const lines = chosen.view === "lines";
  for (const name of ["matrix", "lines"]) {
    const selected = chosen.view === name;
    byId(`tab-${name}`).setAttribute("aria-selected", selected);
    byId(`tab-${name}`).tabIndex = selected ? 0 : -1;
  }
  byId("view").setAttribute("aria-labelledby", `tab-${chosen.view}`);
  byId("zoom-choice").hidden = lines;
  (lines ? showLines : showMatrix)(chosen.table, chosen.head);
  byId("scale-end").textContent = chosen.own ? "the head’s largest" : "1";
}

function showFacts(summary) {
  const facts = [
    ["entropy", summary.entropy_bits, " bits", 2], ["mean distance", summary.mean_distance, " tokens", 2],
    ["to first token", summary.first_token, "", 3], ["to itself", summary.diagonal, "", 3],
    ["to previous", summary.previous, "", 3], ["to next", summary.next, "", 3],
    ["empty rows", summary.empty_rows || null, "", 0],
  ];
  byId("facts").replaceChildren(...facts.filter(([, value]) => typeof value === "number").map(([name, value, unit, digits]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, formatted(value, digits), make("span", {}, unit)))));
}

/** The head a number of heads, or layers, away, in the order of the page. */
function move(acrossHeads, acrossLayers) {
  const order = Object.keys(kinds).flatMap((kind) => tablesShown().filter((table) => table.kind === kind));
  const row = order.indexOf(chosen.table);
  if (acrossLayers) {
    const table = order[row + acrossLayers];
    if (table) follow(table, Math.min(chosen.head, table.heads - 1));
    return;
  }
  const head = chosen.head + acrossHeads;
  if (head >= 0 && head < chosen.table.heads) follow(chosen.table, head);
  else if (order[row + acrossHeads]) {
    const table = order[row + acrossHeads];
    follow(table, acrossHeads > 0 ? 0 : table.heads - 1);
  }
}

function follow(table, head) {
  open(table, head);
  const button = table.buttons[head];
  if (document.activeElement?.classList.contains("head")) button.focus({ preventScroll: true });
  button.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function enlarge(large) {
  byId("opened").classList.toggle("large", large);
  byId("larger").setAttribute("aria-pressed", large);
  byId("larger").textContent = large ? "Smaller" : "Larger";
  chosen.cell = null;
  showView();
}

function choose(view) {
  chosen.view = view;
  open(chosen.table, chosen.head);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input")) return;
  const large = byId("opened").classList.contains("large");
  const actions = {
    ArrowLeft: () => move(-1, 0), ArrowRight: () => move(1, 0),
    ArrowUp: () => move(0, -1), ArrowDown: () => move(0, 1),
    f: () => enlarge(!large), m: () => choose("matrix"), l: () => choose("lines"),
    Escape: () => large && enlarge(false),
  };
  const action = actions[event.key] ?? actions[event.key.toLowerCase()];
  if (!action) return;
  if (event.key.startsWith("Arrow")) event.preventDefault();
  action();
}

/** The sentences under the heading: every token as it is. */
function showSentences() {
  const lists = new Map();
  for (const table of tablesShown()) {
    const cross = table.kind === "cross" || table.kind === "decoder";
    lists.set(cross ? "decoder" : "tokens", [table.queryLabels, table.queryPadding]);
    if (table.kind === "cross") lists.set("encoder", [table.keyLabels, table.keyPadding]);
    if (table.kind === "encoder") lists.set("encoder", [table.keyLabels, table.keyPadding]);
  }
  if (!lists.has("decoder")) lists.delete("tokens");
  else if (lists.has("encoder")) lists.delete("tokens");
  const only = lists.size === 1;
  byId("sentences").replaceChildren(...[...lists].sort(([a], [b]) => (a > b) - (a < b)).reverse().map(([name, [labels, padding]]) =>
    make("div", { class: "tokens", "aria-label": `${name} tokens` },
      only ? null : make("span", { class: "name" }, name),
      ...labels.map((label, index) => make("span", { class: padding.has(index) ? "padding" : null, title: `token ${index}` }, label || "∅")))));
}

function showExtent() {
  const parts = Object.entries(kinds).map(([kind, words]) => {
    const tables = tablesShown().filter((table) => table.kind === kind);
    if (!tables.length) return null;
    const [first] = tables;
    const tokens = kind === "cross" ? `${first.queryLabels.length} queries, ${first.keyLabels.length} keys` : `${first.keyLabels.length} tokens`;
    return `${words.title}: ${tables.length} ${tables.length === 1 ? "layer" : "layers"} × ${first.heads} heads, ${tokens}`;
  });
  byId("extent").replaceChildren(...parts.filter(Boolean).map((part) => make("span", {}, part)));
}

/** How exact the page is, and whether rows do sum to 1. */
function showExactness() {
  const form = report.tables[0].values;
  const kept = form.scale === "root"
    ? "Values are kept in 8 bits on a square-root scale"
    : "Values are kept in 16 bits";
  const error = Math.max(...report.tables.map((table) => table.values.error));
  const summaries = report.tables.flatMap((table) => table.summaries);
  const numbers = summaries.map((summary) => summary.row_sum_error).filter((value) => typeof value === "number");
  const sum = Math.max(0, ...numbers);
  const empty = summaries.reduce((total, summary) => total + summary.empty_rows, 0);
  byId("exactness").replaceChildren(
    `${kept}, exact to within ${formatted(error, 2)}; the JSON and CSV forms are exact. `,
    make("span", { class: sum > 1e-3 ? "notice" : null }, `Rows sum to 1 within ${formatted(sum, 2)}. `),
    empty ? make("span", { class: "notice" }, `${empty} rows have no attention to give.`) : "");
}

function showBatch(batch, name, head = 0) {
  chosen.batch = batch;
  chosen.table = null;
  chosen.cell = null;
  showSentences();
  showExtent();
  buildGroups();
  const tables = tablesShown();
  const order = Object.keys(kinds).flatMap((kind) => tables.filter((table) => table.kind === kind));
  const table = tables.find((candidate) => candidate.name === name) ?? order[0];
  open(table, Math.min(Math.max(0, head), table.heads - 1));
}

function repaint() {
  paintScale(byId("scale"));
  paintThumbnails();
  if (chosen.table) showView();
}

async function prepare(table) {
  table.queryLabels = report.labels[table.queries];
  table.keyLabels = report.labels[table.keys];
  table.queryPadding = new Set(table.query_padding);
  table.keyPadding = new Set(table.key_padding);
  table.buttons = [];
  table.numbers = await unpacked(table.values);
  table.values.zlib = null;
}

/** What the address asks for: #node/head/view/batch. */
function addressed() {
  const [name, head, view, batch] = decodeURIComponent(location.hash.slice(1)).split("/");
  const batches = report.tables.map((table) => table.batch);
  if (view === "lines") chosen.view = "lines";
  return { name, head: Number.parseInt(head, 10) || 0, batch: batches.includes(Number(batch)) && batch ? Number(batch) : batches[0] };
}

function connect(batches) {
  byId("batch-choice").hidden = batches.length < 2;
  byId("batch").append(...batches.map((batch) => make("option", { value: batch }, batch)));
  byId("batch").addEventListener("change", (event) => showBatch(Number(event.target.value), chosen.table?.name, chosen.head));
  byId("range").value = chosen.own ? "own" : "one";
  byId("range").addEventListener("change", (event) => { chosen.own = event.target.value === "own"; repaint(); });
  byId("padding-choice").hidden = !report.tables.some((table) => table.queryPadding.size || table.keyPadding.size);
  byId("padding").addEventListener("change", (event) => {
    chosen.padding = event.target.checked;
    showBatch(chosen.batch, chosen.table?.name, chosen.head);
  });
  byId("zoom").addEventListener("input", (event) => { chosen.cell = Number(event.target.value); showView(); });
  byId("before").addEventListener("click", () => move(-1, 0));
  byId("after").addEventListener("click", () => move(1, 0));
  byId("larger").addEventListener("click", () => enlarge(!byId("opened").classList.contains("large")));
  byId("tab-matrix").addEventListener("click", () => choose("matrix"));
  byId("tab-lines").addEventListener("click", () => choose("lines"));
  document.addEventListener("keydown", onKey);
  window.addEventListener("resize", () => chosen.table && showView());
  onColors(repaint);
}

async function start() {
  byId("title").textContent = report.title;
  report.tables = report.tables.filter((table) => table.heads > 0 && table.values.count > 0);
  if (!report.tables.length) {
    byId("extent").textContent = "There is no attention to show.";
    document.querySelector("main").hidden = true;
    return;
  }
  await Promise.all(report.tables.map(prepare));
  chosen.own = Math.max(...report.tables.map((table) => table.keyLabels.length)) > 64;
  const batches = [...new Set(report.tables.map((table) => table.batch))].sort((a, b) => a - b);
  const { name, head, batch } = addressed();
  connect(batches);
  byId("batch").value = batch;
  paintScale(byId("scale"));
  showExactness();
  showBatch(batch, name, head);
}

start().catch(showFailure);
