"""Fixtures as files, and the command that makes and compares them."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from crosswalk_recorder import RecordingError, differences, record  # noqa: E402
from crosswalk_recorder.files import read, read_inputs  # noqa: E402
from torch import nn  # noqa: E402

PACKAGE = Path(__file__).parents[1]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False)


@pytest.fixture
def inputs():
    return {"src": torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))}


def command(*arguments, status=0):
    done = subprocess.run([sys.executable, "-m", "crosswalk_recorder", *map(str, arguments)], capture_output=True, text=True,
                          cwd=PACKAGE, timeout=300)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def test_both_containers_hold_the_same(model, inputs, tmp_path):
    record(model, inputs, tmp_path / "a.h5")
    record(model, inputs, tmp_path / "a.safetensors")
    assert differences(tmp_path / "a.h5", tmp_path / "a.safetensors") == []
    from safetensors.numpy import load_file
    tensors = load_file(tmp_path / "a.safetensors")
    links = json.loads(read(tmp_path / "a.h5")[1]["links"])
    assert links and not set(links) & set(tensors)
    assert len(tensors) + len(links) == len(read(tmp_path / "a.h5")[0])


@pytest.mark.parametrize("ending", ["h5", "safetensors"])
@pytest.mark.parametrize(("dtype", "error"), [("float16", 2 ** -11), ("bfloat16", 2 ** -8)])
def test_values_are_kept_in_a_smaller_dtype(model, inputs, tmp_path, ending, dtype, error):
    path = tmp_path / f"small.{ending}"
    recorded = record(model, inputs, path, dtype=dtype)
    tensors, attributes = read(path)
    kept, expected = tensors["nodes/layers.1"].astype("f4"), recorded["nodes"]["layers.1"]
    assert 0 < (abs(kept - expected) / abs(expected)).max() <= error
    np.testing.assert_array_equal(kept, torch.from_numpy(expected).to(getattr(torch, dtype)).float())
    assert tensors["inputs/src"].dtype == np.float32 and tensors["float64/nodes/layers.1"].dtype == np.float64
    assert json.loads(attributes["settings"])["stored"] == dtype


def test_what_float16_cannot_hold_is_refused(inputs, tmp_path):
    class Large(nn.Module):
        def forward(self, src):
            return src * 1e6
    with pytest.raises(RecordingError, match="beyond float16"):
        record(Large(), inputs, tmp_path / "a.h5", attention=False, dtype="float16")


def test_few_positions_of_nodes_are_kept(model, tmp_path):
    inputs = {"src": torch.randn(2, 9, 8, generator=torch.Generator().manual_seed(1))}
    recorded = record(model, inputs, tmp_path / "few.h5", positions=4)
    tensors, attributes = read(tmp_path / "few.h5")
    sample, = json.loads(attributes["positions"])
    assert (sample["axis"], sample["of"], len(sample["kept"])) == (1, 9, 4) and {0, 8} < set(sample["kept"])
    assert set(sample["names"]) == {name for name in tensors if name.startswith("nodes/")}
    for group in ("nodes", "float64/nodes"):
        assert tensors[f"{group}/layers.1"].shape == (2, 4, 8)
    np.testing.assert_array_equal(tensors["nodes/layers.1"], recorded["nodes"]["layers.1"][:, sample["kept"]])
    assert tensors["outputs/output"].shape == (2, 9, 8) and not any("node_inputs" in name for name in tensors)


def test_recordings_agree_or_it_is_said_where_not(model, inputs, tmp_path):
    first, second = tmp_path / "a.h5", tmp_path / "b.h5"
    record(model, inputs, first)
    record(model, inputs, second)
    assert "agree" in command("--agree", first, second)[0]
    with h5py.File(second, "r+") as file:
        file["nodes/layers.0.linear1"][0, 0, 0] += 1
        del file["scores/layers.1.self_attn"]
    said, _ = command("--agree", first, second, status=1)
    assert said.splitlines() == [f"scores/layers.1.self_attn: only in {first}", "nodes/layers.0.linear1: differs by up to 1"]


@pytest.mark.parametrize("ending", ["json", "npz", "h5", "safetensors"])
def test_inputs_are_read(inputs, tmp_path, ending):
    path, values = tmp_path / f"inputs.{ending}", inputs["src"].numpy()
    if ending == "json":
        path.write_text(json.dumps({"src": values.tolist()}))
    elif ending == "npz":
        np.savez(path, src=values)
    elif ending == "h5":
        with h5py.File(path, "w") as file:
            file["inputs/src"] = values
    else:
        from safetensors.numpy import save_file
        save_file({"inputs/src": values}, path)
    np.testing.assert_array_equal(read_inputs(path)["src"], values)


def test_the_command_records_a_folder(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(vocab_size=60, n_embd=16, n_layer=2, n_head=2, n_positions=64)
    transformers.GPT2LMHeadModel(config).save_pretrained(tmp_path / "model")
    fixture = tmp_path / "fixture.h5"
    said, _ = command("--model", tmp_path / "model", "-o", fixture, "--check", "--nodes", "transformer.h.*")
    assert said.endswith("2 attention, recorded twice alike\n")
    tensors, attributes = read(fixture)
    assert tensors["inputs/input_ids"].shape == (3, 48)
    assert all(name.startswith("nodes/transformer.h.") for name in tensors if name.startswith("nodes/"))
    settings = json.loads(attributes["settings"])
    assert settings["transformers"] == transformers.__version__ and settings["attn_implementation"] == "eager"
    assert set(settings["weights"]) == {"model.safetensors"}
    other = tmp_path / "telling"
    command("--model", tmp_path / "model", "--sensitive", "--save", other, "-o", other / "fixture.safetensors", "--class", "GPT2Model")
    assert sorted(path.name for path in other.iterdir()) == ["config.json", "fixture.safetensors", "model.safetensors"]
    assert "outputs/last_hidden_state" in read(other / "fixture.safetensors")[0]


def test_what_cannot_be_recorded_is_said_in_a_line(tmp_path):
    for arguments in (("--model", tmp_path / "none.keras", "-o", "x.h5"), ("--model", tmp_path, "-o", "x.h5")):
        _, said = command(*arguments, status=2)
        assert said.startswith("crosswalk-record: ") and said.count("\n") == 1
    _, said = command("-o", "x.h5", status=2)
    assert "--model" in said
