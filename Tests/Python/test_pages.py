"""Opens the pages that the Swift tests leave in .build/pages in a real browser, from file://.

Each page gets a probe that acts as a person would and writes down what it finds. Skipped where
there is no Chromium.
"""

import html
import json
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / ".build/pages"
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
         "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
BROWSER = next((found for found in map(shutil.which, NAMES) if found), None)

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here"),
    pytest.mark.skipif(not PAGES.is_dir(), reason="the Swift tests have not left their pages"),
]

# Runs before the page's own scripts: hears every failure, and every request the policy stops.
LISTENER = """<script>
window.faults = [];
window.alerts = 0;
window.alert = () => { window.alerts += 1; };
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => faults.push(event.blockedURI));
</script>"""

# Runs after them: waits for the painting, acts, and leaves its findings in the document.
PROBE = """<script>
const shades = (canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size;
};
const point = (cells, x, y) => {
  const box = cells.getBoundingClientRect();
  cells.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width * x, clientY: box.top + box.height * y, bubbles: true }));
};
const press = (key, target = document.body) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const text = (id) => document.getElementById(id)?.textContent;
(async () => {
  for (let turn = 0; turn < 400 && !document.documentElement.dataset.painted; turn++) await new Promise((done) => setTimeout(done, 20));
  const found = { painted: document.documentElement.dataset.painted, title: document.title };
  try { %s } catch (error) { faults.push(String(error)); }
  found.shades = [...document.querySelectorAll("canvas")].map(shades);
  found.faults = faults;
  found.alerts = alerts;
  document.documentElement.dataset.found = JSON.stringify(found);
})();
</script>"""

ATTENTION = """
found.heads = document.querySelectorAll(".head").length;
found.groups = [...document.querySelectorAll(".group h2")].map((heading) => heading.textContent);
found.labels = [...document.querySelectorAll(".matrix .left title")].map((title) => title.textContent);
found.scripts = document.querySelectorAll("script").length;
found.bold = document.querySelectorAll(".tokens b, .matrix b").length;
point(document.querySelector(".cells"), 0.02, 0.12);
found.readout = text("readout");
found.first = text("head-name");
press("ArrowRight");
found.right = text("head-name");
press("ArrowDown");
found.down = text("head-name");
press("ArrowRight", document.querySelector(".cells"));
found.stays = text("head-name");
press("l");
found.tokens = document.querySelectorAll(".lines li").length;
document.querySelector(".lines li").dispatchEvent(new PointerEvent("pointerenter"));
found.line = text("readout");
"""

POSITIONS = """
point(document.querySelector("#values .cells"), 0.3, 0.001);
found.value = text("values-readout");
point(document.querySelector("#similarity .cells"), 0.999, 0.999);
found.similarity = text("similarity-readout");
found.curves = document.querySelectorAll("#curves .curve").length;
document.querySelector("#values .cells").click();
found.added = document.querySelectorAll("#curves .curve").length;
document.getElementById("tab-dot").click();
found.measure = text("similarity-text");
found.distance = document.querySelectorAll("#distance .curve, #distance .band").length;
"""

DIFFERENCE = """
found.curves = document.querySelectorAll("#chart .curve:not(.limit)").length;
found.failing = [...document.querySelectorAll("#chart circle")].filter((dot) => dot.getAttribute("style").includes("--bad")).length;
const chart = document.querySelector("#chart svg");
point(chart, 0.999, 0.5);
found.readout = text("readout");
found.first = document.querySelector("#rows tbody .name")?.textContent;
found.rows = document.querySelectorAll("#rows tbody tr").length;
document.getElementById("failing").click();
found.shown = document.querySelectorAll("#rows tbody tr").length;
found.blocks = document.getElementById("blocks-panel").hidden ? 0 : document.querySelectorAll("#blocks tbody tr").length;
found.absent = document.querySelectorAll("#absent li").length;
found.bold = document.querySelectorAll("#notes b").length;
"""


def look(tmp_path, name, actions):
    """What the probe finds on a page, which must be sound in general."""
    page = (PAGES / name).read_text(encoding="utf-8")
    page = page.replace('<meta charset="utf-8">', '<meta charset="utf-8">' + LISTENER, 1)
    place = page.rindex("</body>")
    probed = tmp_path / name
    probed.write_text(page[:place] + PROBE % actions + page[place:], encoding="utf-8")
    result = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--window-size=1400,1000", f"--user-data-dir={tmp_path / 'profile'}",
         "--virtual-time-budget=20000", "--dump-dom", probed.as_uri()],
        capture_output=True, text=True, timeout=120, check=False)
    assert "CONSOLE" not in result.stderr, result.stderr
    found = re.search(r'data-found="([^"]*)"', result.stdout)
    assert found, "the probe did not come to its end"
    findings = json.loads(html.unescape(found[1]))
    assert findings["faults"] == [] and findings["alerts"] == 0
    assert findings["painted"] == "yes"
    assert min(findings["shades"], default=2) > 1, "a canvas is blank"
    return findings


def test_an_encoder_page(tmp_path):
    found = look(tmp_path, "attention-minilm.html", ATTENTION)
    assert found["heads"] == 72 and found["groups"] == ["Encoder"]
    assert found["labels"][:3] == ["[CLS]", "the", "animal"]
    assert re.match(r"the → \[CLS\]: 0\.\d{3}", found["readout"])
    assert [found["first"], found["right"], found["down"]] == [
        "Encoder · layer 0 · head 0", "Encoder · layer 0 · head 1", "Encoder · layer 1 · head 1"]
    assert found["stays"] == found["down"], "arrows within the matrix read cells"
    assert found["tokens"] == 30 and found["line"].startswith("[CLS] → ")


def test_a_page_of_all_kinds(tmp_path):
    found = look(tmp_path, "attention-translation.html", ATTENTION)
    assert found["groups"] == ["Encoder", "Decoder", "Cross"]
    assert found["heads"] == 72


def test_hostile_tokens_stay_text(tmp_path):
    found = look(tmp_path, "attention-hostile.html", ATTENTION)
    assert found["title"] == "</title><script>alert(1)</script>"
    assert found["labels"][:3] == ["</script><b>", "<!--", "{{data}}"]
    assert found["bold"] == 0 and found["scripts"] == 4, "data, page, listener, probe"


@pytest.mark.parametrize("name, heads", [("attention-large.html", 144), ("attention-long.html", 4)])
def test_a_large_page(tmp_path, name, heads):
    assert look(tmp_path, name, ATTENTION)["heads"] == heads


def test_a_positions_page(tmp_path):
    found = look(tmp_path, "positions-small.html", POSITIONS)
    assert re.match(r"position 0, dimension 19: 1\.0000", found["value"])
    assert "position 127, position 127: cosine 1.0000" in found["similarity"]
    assert found["curves"] == 6 and found["added"] == 7
    assert "dot product" in found["measure"] and found["distance"] == 2


def test_a_large_positions_page(tmp_path):
    look(tmp_path, "positions-1024.html", POSITIONS)


def test_a_page_of_a_verification(tmp_path):
    found = look(tmp_path, "difference-nodes.html", DIFFERENCE)
    assert found["curves"] == 2, "accumulated, and alone"
    assert found["failing"] == 13 + 1
    assert found["readout"].startswith("decoder.layers.5.output: differs") and ", alone close" in found["readout"]
    assert found["first"] == "decoder.layers.5.output", "the worst comes first"
    assert (found["rows"], found["shown"], found["absent"], found["blocks"]) == (24, 13, 1, 0)
    assert found["bold"] == 0, "a note stays text"


def test_a_page_of_two_checkpoints(tmp_path):
    found = look(tmp_path, "difference-tensors.html", DIFFERENCE)
    assert found["curves"] == 1 and found["blocks"] == 2
    assert (found["rows"], found["shown"]) == (6, 4)
