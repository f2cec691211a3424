"""Carries checkpoints over and back, and finds every bit where it was, by the original libraries."""

import json

import h5py
import numpy
import pytest
import torch
from safetensors.torch import load_file, save_file

from conftest import MODELS

SINGLE = sorted(path for path in MODELS.iterdir() if (path / "model.safetensors").exists())


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert ours[name].dtype == tensor.dtype and ours[name].shape == tensor.shape, name
        assert torch.equal(bits(ours[name]), bits(tensor)), name


@pytest.mark.parametrize("model", SINGLE, ids=lambda path: path.name)
def test_a_round_trip_through_hdf5_keeps_every_bit(crosswalk, model, tmp_path):
    theirs = load_file(model / "model.safetensors")
    crosswalk("convert", model, tmp_path / "native.h5")
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.safetensors", "--to", "source")
    same(load_file(tmp_path / "back.safetensors"), theirs)
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.pt", "--to", "source")
    same(torch.load(tmp_path / "back.pt", weights_only=True), theirs)


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
        crosswalk("convert", tmp_path / source, tmp_path / destination, "--to", "same")
    same(torch.load(tmp_path / "2.pt", weights_only=True), tensors)
    same(load_file(tmp_path / "3.safetensors"), tensors)
