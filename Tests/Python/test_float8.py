"""Every code of every dtype of eight bits is what torch and ml_dtypes say, and stays itself in each container."""

import h5py
import ml_dtypes
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from conftest import assert_same

KINDS = {"f8e4m3": torch.float8_e4m3fn, "f8e5m2": torch.float8_e5m2, "f8e4m3fnuz": torch.float8_e4m3fnuz,
         "f8e5m2fnuz": torch.float8_e5m2fnuz, "f8e8m0": torch.float8_e8m0fnu}
CODES = torch.arange(256, dtype=torch.uint8)
TENSORS = {name: CODES.clone().view(dtype).reshape(16, 16) for name, dtype in KINDS.items()}


def write(path):
    if path.suffix == ".safetensors":
        save_file(TENSORS, path)
    else:
        torch.save(TENSORS, path)
    return path


@pytest.fixture(params=["in.safetensors", "in.pt"])
def source(request, tmp_path):
    return write(tmp_path / request.param)


def test_values_are_those_of_torch_and_of_ml_dtypes(crosswalk, source):
    report = crosswalk.json("inspect", source, "--values")
    assert {tensor["name"]: tensor["dtype"] for tensor in report["tensors"]} == {name: name for name in KINDS}
    for tensor in report["tensors"]:
        ours = np.array([float(value) for value in tensor["values"]])
        dtype = KINDS[tensor["name"]]
        assert np.array_equal(ours, CODES.view(dtype).to(torch.float64).numpy(), equal_nan=True), tensor["name"]
        other = CODES.numpy().view(getattr(ml_dtypes, str(dtype).removeprefix("torch.")))
        assert np.array_equal(ours, other.astype("f8"), equal_nan=True), tensor["name"]


@pytest.mark.parametrize("ending", ["safetensors", "pt", "h5"])
def test_every_code_stays_itself(crosswalk, source, ending, tmp_path):
    written = crosswalk.convert(source, tmp_path / f"out.{ending}")
    if ending == "h5":
        with h5py.File(written) as file:
            for name in set(KINDS) - {"f8e5m2"}:
                assert np.array_equal(file[name][()].view("u1").ravel(), CODES.numpy())
                assert getattr(ml_dtypes, file[name].attrs["dtype"])
        written = crosswalk.convert(written, tmp_path / "back.safetensors")
    assert_same(load_file(written) if written.suffix == ".safetensors" else torch.load(written), TENSORS)


def test_statistics_and_casts_know_them(crosswalk, source, tmp_path):
    rows = {row["name"]: row["statistics"] for row in crosswalk.json("inspect", source, "--stats")["tensors"]}
    for name, dtype in KINDS.items():
        numbers = CODES.view(dtype).to(torch.float64)
        assert rows[name]["nan"] == int(numbers.isnan().sum()), name
        finite = numbers[numbers.isfinite()]
        assert (rows[name]["min"], rows[name]["max"]) == (finite.min().item(), finite.max().item()), name
    found = load_file(crosswalk.convert(source, tmp_path / "out.safetensors", "--dtype", "f32"))
    for name, dtype in KINDS.items():
        assert torch.equal(found[name].flatten().nan_to_num(7e9), CODES.view(dtype).float().nan_to_num(7e9)), name


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("ending", ["npz", "gguf"])
def test_what_has_no_such_dtype_says_so(crosswalk, name, ending, tmp_path):
    save_file({"w": TENSORS[name]}, tmp_path / "in.safetensors")
    said = crosswalk.refusal("convert", tmp_path / "in.safetensors", tmp_path / f"out.{ending}", "--to", "same")
    assert name in said and "'w'" in said
