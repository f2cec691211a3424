"""Carries checkpoints over and back, and finds every bit where it was, by the original libraries."""

import json

import h5py
import numpy
import pytest
import torch
from safetensors.torch import load_file, save_file

from conftest import MODELS, assert_same

SINGLE = sorted(path for path in MODELS.iterdir() if (path / "model.safetensors").exists())


@pytest.mark.matrix("HDF5 native", "read", "write")
@pytest.mark.parametrize("model", SINGLE, ids=lambda path: path.name)
def test_a_round_trip_through_hdf5_keeps_every_bit(crosswalk, model, tmp_path):
    theirs = load_file(model / "model.safetensors")
    crosswalk("convert", model, tmp_path / "native.h5")
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.safetensors", "--to", "source")
    assert_same(load_file(tmp_path / "back.safetensors"), theirs)
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.pt", "--to", "source")
    assert_same(torch.load(tmp_path / "back.pt", weights_only=True), theirs)


@pytest.mark.matrix("HDF5 native", "write")
def test_a_native_checkpoint_opens_in_h5py(crosswalk, tmp_path):
    model = MODELS / "bert-bare"
    crosswalk("convert", model, tmp_path / "native.h5")
    with h5py.File(tmp_path / "native.h5") as file:
        assert file.attrs["format"] == "crosswalk.checkpoint"
        assert json.loads(file.attrs["architecture"])["family"] == "bert"
        ours = file["embeddings/token/weight"][()]
    theirs = load_file(model / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert numpy.array_equal(ours, theirs.numpy())


def test_any_tensors_pass_between_containers(crosswalk, tmp_path):
    tensors = {"a.b": torch.arange(24, dtype=torch.int64).reshape(2, 3, 4), "c": torch.tensor([1.5, float("nan")]),
               "half": torch.rand(3).half(), "brain": torch.rand(2, 2).bfloat16(), "flag": torch.tensor([True, False]),
               "empty": torch.zeros(0, 4), "scalar": torch.tensor(2.0, dtype=torch.float64)}
    save_file(tensors, tmp_path / "0.safetensors")
    for source, destination in (("0.safetensors", "1.h5"), ("1.h5", "2.pt"), ("2.pt", "3.safetensors")):
        crosswalk.convert(tmp_path / source, tmp_path / destination)
    assert_same(torch.load(tmp_path / "2.pt", weights_only=True), tensors)
    assert_same(load_file(tmp_path / "3.safetensors"), tensors)
