"""Checkpoints of one model as frameworks write them, compared; and reports in the forms that others read."""

import collections
import copy
import json
import os
import xml.etree.ElementTree as ElementTree

import h5py
import numpy as np
import pytest

from conftest import MODELS
from test_schemas import validate

os.environ.setdefault("KERAS_BACKEND", "torch")

WIDTH, HEADS, LAYERS = 24, 4, 2
HEAD = WIDTH // HEADS


@pytest.fixture(scope="module")
def gpt2():
    """A GPT-2 of transformers whose tensors are all their own."""
    torch = pytest.importorskip("torch")
    from transformers import GPT2Config, GPT2LMHeadModel
    torch.manual_seed(7)
    model = GPT2LMHeadModel(GPT2Config(n_embd=WIDTH, n_head=HEADS, n_layer=LAYERS, vocab_size=61, n_positions=20))
    for name, parameter in model.named_parameters():
        parameter.data.normal_(float(name.endswith("weight") and parameter.ndim == 1), 0.2)
    return model


@pytest.fixture(scope="module")
def base(gpt2, tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    gpt2.save_pretrained(folder)
    return folder


def diff(crosswalk, *arguments, status=1):
    report = crosswalk.json("diff", *arguments, status=status)
    validate(report, "difference")
    return report


def kinds(report):
    return collections.Counter(row["relation"]["kind"] for row in report["rows"])


def keras_model(gpt2):
    """The same weights in a model of Keras, with Keras's own names and shapes."""
    import keras
    ids, places = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    words, positions = keras.layers.Embedding(61, WIDTH), keras.layers.Embedding(20, WIDTH)
    hidden = words(ids) + positions(places)
    state = {name.removeprefix("transformer."): value.detach().numpy() for name, value in gpt2.state_dict().items()}
    given = [(words, [state["wte.weight"]]), (positions, [state["wpe.weight"]])]

    def norm(name, value):
        layer = keras.layers.LayerNormalization(epsilon=1e-5)
        given.append((layer, [state[f"{name}.weight"], state[f"{name}.bias"]]))
        return layer(value)

    for index in range(LAYERS):
        block = f"h.{index}."
        attention = keras.layers.MultiHeadAttention(HEADS, HEAD)
        inner, outer = keras.layers.Dense(4 * WIDTH, activation="gelu"), keras.layers.Dense(WIDTH)
        before = norm(block + "ln_1", hidden)
        hidden = hidden + attention(before, before, use_causal_mask=True)
        hidden = hidden + outer(inner(norm(block + "ln_2", hidden)))
        kernels = np.split(state[block + "attn.c_attn.weight"], 3, axis=1)
        biases = np.split(state[block + "attn.c_attn.bias"], 3)
        weights = [part for kernel, bias in zip(kernels, biases)
                   for part in (kernel.reshape(WIDTH, HEADS, HEAD), bias.reshape(HEADS, HEAD))]
        output = state[block + "attn.c_proj.weight"].reshape(HEADS, HEAD, WIDTH)
        given += [(attention, weights + [output, state[block + "attn.c_proj.bias"]]),
                  (inner, [state[block + "mlp.c_fc.weight"], state[block + "mlp.c_fc.bias"]]),
                  (outer, [state[block + "mlp.c_proj.weight"], state[block + "mlp.c_proj.bias"]])]
    model = keras.Model([ids, places], norm("ln_f", hidden))
    for layer, weights in given:
        layer.set_weights(weights)
    return model


def test_a_model_of_keras_holds_what_gpt2_holds(crosswalk, gpt2, base, tmp_path):
    pytest.importorskip("keras")
    path = tmp_path / "model.weights.h5"
    keras_model(gpt2).save_weights(path)
    report = diff(crosswalk, path, base / "model.safetensors", "--raw")
    assert report["missing"] == report["unexpected"] == []
    assert kinds(report) == {"split": 2 * LAYERS, "reshaped": LAYERS, "moved": 4 + 9 * LAYERS}
    for row in report["rows"]:
        if row["relation"]["kind"] == "split":
            assert [name.split("/")[-3] for name in row["relation"]["ours"]] == ["query_dense", "key_dense", "value_dense"]
            assert row["relation"]["detail"] in ("columns side by side", "values side by side")


def test_linear_layers_under_other_names_are_transposed_and_split(crosswalk, gpt2, base, tmp_path):
    from safetensors.torch import save_file
    theirs = {}
    for name, value in gpt2.transformer.state_dict().items():
        value = value.t().contiguous() if "c_" in name and value.ndim == 2 else value.clone()
        name = name.replace("h.", "stack.").replace("mlp", "feed")
        if "c_attn" in name:
            for part, letter in zip(value.chunk(3), "qkv"):
                theirs[name.replace("attn.c_attn", f"mix.{letter}")] = part.clone()
        else:
            theirs[name] = value
    save_file(theirs, tmp_path / "own.safetensors")
    report = diff(crosswalk, tmp_path / "own.safetensors", base)
    assert kinds(report)["changed"] == 0 and report["missing"] == report["unexpected"] == []
    assert kinds(report)["transposed"] == 3 * LAYERS and kinds(report)["split"] == 2 * LAYERS
    details = {row["relation"]["detail"] for row in report["rows"] if row["relation"]["kind"] == "split"}
    assert details == {"transposed, columns side by side", "values side by side"}


def test_shards_of_other_names_are_equal(crosswalk, gpt2, base, tmp_path):
    gpt2.save_pretrained(tmp_path / "shards", max_shard_size="20kB")
    shards = list((tmp_path / "shards").glob("model-*.safetensors"))
    assert len(shards) > 2
    index = (tmp_path / "shards/model.safetensors.index.json").read_text()
    for shard in shards:
        new = shard.name.replace("model-", "part_")
        index = index.replace(shard.name, new)
        shard.rename(shard.with_name(new))
    (tmp_path / "shards/model.safetensors.index.json").write_text(index)
    assert set(kinds(diff(crosswalk, tmp_path / "shards", base, status=0))) == {"equal"}


def test_what_was_saved_in_bfloat16_is_cast(crosswalk, gpt2, base, tmp_path):
    torch = pytest.importorskip("torch")
    narrow = copy.deepcopy(gpt2).to(torch.bfloat16)
    narrow.save_pretrained(tmp_path / "bf16")
    narrow.float().save_pretrained(tmp_path / "widened")
    for folder, words in (("bf16", "the f32 rounded to bf16 here"), ("widened", "rounded to bf16 here, kept as f32")):
        report = diff(crosswalk, tmp_path / folder, base)
        assert set(kinds(report)) == {"cast"}
        assert {row["relation"]["detail"] for row in report["rows"]} == {words}
    report = diff(crosswalk, tmp_path / "bf16", tmp_path / "widened", status=0)
    assert report["verdict"] == "identical" and set(kinds(report)) == {"cast"}


def test_a_tuned_model_shows_where_it_moved(crosswalk, gpt2, base, tmp_path):
    torch = pytest.importorskip("torch")
    tuned = copy.deepcopy(gpt2)
    block = tuned.transformer.h[1]
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    ids = torch.arange(24).reshape(2, 12)
    tuned(ids, labels=ids).loss.backward()
    optimizer.step()
    tuned.save_pretrained(tmp_path / "tuned")
    report = diff(crosswalk, tmp_path / "tuned", base)
    blocks = {block["name"]: block for block in report["blocks"]}
    assert blocks["decoder.layers.0"]["changed"] == 0 and blocks["decoder.layers.0"]["relative_rms"] == 0
    assert blocks["decoder.layers.1"]["changed"] > 10
    before = torch.cat([value.flatten() for value in gpt2.transformer.h[1].state_dict().values()])
    after = torch.cat([value.flatten() for value in block.state_dict().values()])
    assert blocks["decoder.layers.1"]["relative_rms"] == pytest.approx(
        ((after - before).norm() / before.norm()).item(), rel=1e-4)
    changed = [row["relative_rms"] for row in report["rows"] if row["relation"]["kind"] == "changed"]
    assert changed == sorted(changed, reverse=True)
    assert [row["verdict"] for row in report["rows"][:len(changed)]] == ["differs"] * len(changed)
    assert "decoder.layers.1" in crosswalk("diff", tmp_path / "tuned", base, status=1)


def test_where_h5diff_sees_nothing(crosswalk, tmp_path):
    """PyTables' and h5py's users know these: exit status 0 for other shapes, and for tiny numbers."""
    def written(name, **datasets):
        with h5py.File(tmp_path / name, "w") as file:
            for key, value in datasets.items():
                file[key] = value
        return tmp_path / name

    matrix = np.random.default_rng(0).normal(size=(5, 7)).astype("f4")
    report = diff(crosswalk, written("a.h5", x=matrix), written("b.h5", x=matrix.T))
    assert kinds(report) == {"transposed": 1}
    tiny = [written(f"{name}.h5", x=np.array([value], "f8")) for name, value in (("c", 1e-20), ("d", 2e-20))]
    diff(crosswalk, *tiny, "--rtol", "1e-6")
    diff(crosswalk, *tiny)


def read_junit(path):
    """The suite of a file, held to the shape of Jenkins' junit-10.xsd."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == "testsuites" and [child.tag for child in root] == ["testsuite"]
    suite = root[0]
    for element in (root, suite):
        assert {"name", "tests", "failures", "errors", "time"} <= set(element.attrib)
        assert set(element.attrib) <= {"name", "tests", "failures", "errors", "time", "skipped"}
    cases = suite.findall("testcase")
    assert {child.tag for child in suite} <= {"testcase", "system-out"}
    for case in cases:
        assert set(case.attrib) == {"classname", "name", "time"}
        for child in case:
            assert child.tag in ("failure", "error") and set(child.attrib) == {"type", "message"}
    assert int(suite.get("tests")) == len(cases)
    for tag in ("failure", "error"):
        assert int(suite.get(f"{tag}s")) == sum(case.find(tag) is not None for case in cases)
    return cases


def test_reports_of_a_verification(crosswalk, tmp_path):
    model = MODELS / "gpt2-lm"
    command = ["verify", model, model / "fixture.h5", "--isolate", "--set", "activation_function=relu"]
    files = [tmp_path / f"report.{ending}" for ending in ("json", "xml", "html")]
    outputs = [part for file in files for part in ("-o", file)]
    crosswalk(*command, *outputs, status=1)
    first = [file.read_bytes() for file in files]
    crosswalk(*command, *outputs, status=1)
    assert [file.read_bytes() for file in files] == first
    report = json.loads(files[0].read_text())
    validate(report, "difference")
    assert any("classes" in row for row in report["rows"] if row["role"] == "output")
    cases = read_junit(files[1])
    assert len(cases) == len(report["rows"]) + len(report["missing"])
    assert sum(case.find("failure") is not None for case in cases) == report["failed"] + len(report["missing"])
    page = files[2].read_text()
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page
    assert crosswalk.refusal("verify", model, model / "fixture.h5", "-o", model / "config.json")


def test_measures_are_chosen(crosswalk, base):
    text = crosswalk("diff", base, base, "--all", "--metrics", "ulp_median,cosine")
    assert "ULP median" in text and "cosine" in text and "rel RMS" not in text
    assert crosswalk.run("diff", base, base, "--metrics", "beauty", status=64)[1]
