"""safetensors, by its doors to torch and to NumPy, opens what `crosswalk convert` wrote; what it wrote is read."""

import json

import numpy as np
import pytest
import safetensors.numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file, save_model

from conftest import CONTAINERS, assert_same, sound
from test_torch import SOURCES, load

# safetensors has no complex128.
READABLE = [path for path in SOURCES + sound("safetensors") if path.name != "dtypes.pt"]


@pytest.mark.matrix("safetensors", "read", "write")
@pytest.mark.parametrize("source", READABLE, ids=lambda path: path.name)
def test_safetensors_opens_what_was_written(crosswalk, source, tmp_path):
    # It holds no values beside tensors, and refuses to lose them unasked.
    crosswalk.convert(source, tmp_path / "out.safetensors", "--allow-unmapped")
    assert_same(load_file(tmp_path / "out.safetensors"), load(source))


@pytest.mark.matrix("safetensors", "read", "write")
def test_numpy_opens_every_dtype_that_it_has(crosswalk, tmp_path):
    theirs = {f"a.{kind}": np.arange(-6, 6).reshape(3, 4).astype(kind)
              for kind in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", "c8")}
    theirs["special"] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], "f4")
    np.savez(tmp_path / "in.npz", **theirs)
    crosswalk.convert(tmp_path / "in.npz", tmp_path / "out.safetensors")
    assert_same(safetensors.numpy.load_file(tmp_path / "out.safetensors"), theirs)
    safetensors.numpy.save_file(theirs, tmp_path / "in.safetensors")
    crosswalk.convert(tmp_path / "in.safetensors", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as file:
        assert_same(dict(file), theirs)


@pytest.mark.matrix("safetensors", "read", "write")
def test_metadata_and_recorded_aliases_are_kept(crosswalk, tmp_path):
    model = torch.nn.ModuleDict({"table": torch.nn.Embedding(5, 4), "head": torch.nn.Linear(4, 5, bias=False)})
    model["head"].weight = model["table"].weight
    save_model(model, str(tmp_path / "in.safetensors"), {"format": "pt", "größe": "klein\n"})
    crosswalk.convert(tmp_path / "in.safetensors", tmp_path / "out.safetensors")
    with safe_open(tmp_path / "in.safetensors", "pt") as before, safe_open(tmp_path / "out.safetensors", "pt") as after:
        assert after.metadata() == before.metadata() and "head.weight" in str(after.metadata())
    other = torch.nn.ModuleDict({"table": torch.nn.Embedding(5, 4), "head": torch.nn.Linear(4, 5, bias=False)})
    other["head"].weight = other["table"].weight
    missing, unexpected = safetensors.torch.load_model(other, tmp_path / "out.safetensors")
    assert not missing and not unexpected
    assert_same(other.state_dict(), model.state_dict())


@pytest.mark.matrix("safetensors", "read", "write")
def test_shards_and_their_index(crosswalk, tmp_path):
    theirs = {f"layer.{i}.weight": torch.rand(10, 10).bfloat16() for i in range(5)}
    save_file(theirs, tmp_path / "in.safetensors", {"format": "pt"})
    crosswalk.convert(tmp_path / "in.safetensors", tmp_path / "model.safetensors", "--shard-size", "450")
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    ours = {}
    for file in sorted(set(index["weight_map"].values())):
        with safe_open(tmp_path / file, "pt") as shard:
            assert shard.metadata() == {"format": "pt"}
        ours |= load_file(tmp_path / file)
    assert_same(ours, theirs)
    assert_same(crosswalk.read(tmp_path / "model.safetensors.index.json"), theirs)


def test_it_refuses_nothing_silently(crosswalk, tmp_path):
    said = crosswalk.refusal("convert", CONTAINERS / "pytorch/dtypes.pt", tmp_path / "out.safetensors", "--to", "same")
    assert "complex128" in said
    assert list(tmp_path.iterdir()) == []
