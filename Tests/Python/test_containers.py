"""The real frameworks open what `crosswalk convert` wrote, and find every value."""

import json
import os
import pathlib
import subprocess

import h5py
import pytest
import torch
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Fixtures"
COMMAND = pathlib.Path(os.environ.get("CROSSWALK", ROOT / ".build" / "debug" / "crosswalk"))

pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason=f"{COMMAND} is not built")


def sound(folder):
    """The files of a folder that are to be read, whatever the reader."""
    expectations = json.loads((FIXTURES / "containers" / folder / "expectations.json").read_text(encoding="utf-8"))
    return [FIXTURES / "containers" / folder / name for name, what in expectations.items()
            if "error" not in what and "." in name]


# What torch's own safe loading refuses and we describe without running it.
BEYOND_TORCH = ["honest.pt", "namespace.pt", "namespace-4.pt", "whole-module.pt"]
SOURCES = [path for path in sound("pytorch") + sound("safetensors") if path.name not in BEYOND_TORCH]


def convert(source, destination, *options):
    finished = subprocess.run([COMMAND, "convert", source, destination, "--to", "same", *options],
                              capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def flat(value, name=""):
    """The tensors of a checkpoint by dotted names."""
    if torch.is_tensor(value):
        return {name: value.detach()}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    found = {}
    for key, part in pairs:
        found |= flat(part, f"{name}.{key}" if name else str(key))
    return found


def load(path):
    return load_file(path) if path.suffix == ".safetensors" else flat(torch.load(path, weights_only=True))


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def assert_same(ours, theirs):
    assert set(ours) == set(theirs)
    for name, tensor in theirs.items():
        assert (ours[name].dtype, ours[name].shape) == (tensor.dtype, tensor.shape), name
        assert bits(ours[name]).equal(bits(tensor)), name


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_torch_and_safetensors_open_what_was_written(source, suffix, tmp_path):
    if source.name == "dtypes.pt" and suffix == ".safetensors":
        pytest.skip("safetensors has no complex128")
    # safetensors holds no values beside tensors, and refuses to lose them unasked.
    convert(source, tmp_path / f"out{suffix}", *(["--allow-unmapped"] if suffix == ".safetensors" else []))
    assert_same(load(tmp_path / f"out{suffix}"), load(source))


@pytest.mark.parametrize("name", BEYOND_TORCH)
def test_what_torch_refuses_becomes_what_it_opens(name, tmp_path):
    source = FIXTURES / "containers" / "pytorch" / name
    with pytest.raises(Exception):
        torch.load(source, weights_only=True)
    convert(source, tmp_path / "out.pt")
    ours = load(tmp_path / "out.pt")
    expectations = json.loads((source.parent / "expectations.json").read_text(encoding="utf-8"))
    for tensor, what in expectations[name]["tensors"].items():
        assert list(ours[tensor].shape) == what["shape"], tensor
        assert ours[tensor].reshape(-1).tolist() == what["values"], tensor


def test_safetensors_refuses_nothing_silently(tmp_path):
    source = FIXTURES / "containers" / "pytorch" / "dtypes.pt"
    finished = subprocess.run([COMMAND, "convert", source, tmp_path / "out.safetensors", "--to", "same"],
                              capture_output=True, text=True)
    assert finished.returncode == 2
    assert "complex128" in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_values_beside_tensors_are_kept(tmp_path):
    source = FIXTURES / "containers" / "pytorch" / "checkpoint.pt"
    convert(source, tmp_path / "out.pt")
    ours, theirs = (torch.load(path, weights_only=True) for path in (tmp_path / "out.pt", source))
    for name in ("epoch", "steps", "loss", "note", "best", "done"):
        assert ours[name] == theirs[name]


def test_tied_tensors_share_their_storage(tmp_path):
    convert(FIXTURES / "containers" / "pytorch" / "views.pt", tmp_path / "out.pt")
    tensors = torch.load(tmp_path / "out.pt", weights_only=True)
    assert tensors["tied"].data_ptr() == tensors["whole"].data_ptr()


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_transformers_opens_shards(name, tmp_path):
    transformers = pytest.importorskip("transformers")
    source = FIXTURES / "models" / "bert-masked-lm"
    convert(source, tmp_path / name, "--shard-size", "30KB")
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    assert (tmp_path / f"{name}.index.json").exists()
    model, told = transformers.BertForMaskedLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert_same(model.state_dict(), transformers.BertForMaskedLM.from_pretrained(source).state_dict())


def test_h5py_opens_what_was_written(tmp_path):
    source = FIXTURES / "containers" / "pytorch" / "module.pt"
    convert(source, tmp_path / "out.h5")
    found = {}
    with h5py.File(tmp_path / "out.h5") as file:
        file.visititems(lambda name, item: found.update({name: torch.from_numpy(item[()])})
                        if isinstance(item, h5py.Dataset) else None)
    assert_same({name.replace("/", "."): tensor for name, tensor in found.items()}, load(source))
