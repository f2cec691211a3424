"""NumPy opens the arrays that `crosswalk convert` wrote, and what NumPy wrote is read."""

import ml_dtypes
import numpy as np
import pytest

from conftest import assert_same

KINDS = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", "c8", "c16"]
ARRAYS = {f"of.{kind}": (np.arange(-12, 12).reshape(2, 3, 4) % 5).astype(kind) for kind in KINDS} | {
    "special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308]),
    "scalar": np.float32(2.5), "empty": np.zeros((0, 3), "i2"), "größe": np.arange(3), "a/b": np.arange(4)}


@pytest.mark.matrix("NumPy", "read", "write")
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "deflated"])
def test_archives(crosswalk, save, tmp_path):
    save(tmp_path / "in.npz", **ARRAYS)
    crosswalk.convert(tmp_path / "in.npz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as file:
        assert_same(dict(file), ARRAYS)


@pytest.mark.matrix("NumPy", "read", "write")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("ends", ["<", ">"])
def test_one_array(crosswalk, kind, order, ends, tmp_path):
    array = np.asarray(ARRAYS[f"of.{kind}"].astype(np.dtype(kind).newbyteorder(ends)), order=order)
    np.save(tmp_path / "in.npy", array)
    ours = np.load(crosswalk.convert(tmp_path / "in.npy", tmp_path / "out.npy"), allow_pickle=False)
    assert_same({"array": ours}, {"array": array})
    assert ours.dtype.isnative and ours.flags.c_contiguous


@pytest.mark.matrix("NumPy", "read")
def test_an_archive_under_any_name(crosswalk, tmp_path):
    with open(tmp_path / "model.weights.h5", "wb") as file:
        np.savez(file, **{"dense/kernel": np.eye(3, dtype="f4")})
    assert crosswalk.json("inspect", tmp_path / "model.weights.h5")["container"] == "NumPy"
    assert_same(crosswalk.read(tmp_path / "model.weights.h5"), {"dense/kernel": np.eye(3, dtype="f4")})


@pytest.mark.parametrize("kind", [ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
def test_what_numpy_has_no_dtype_for_is_refused(crosswalk, kind, tmp_path):
    from safetensors.numpy import save_file
    save_file({"a": np.ones(3, kind)}, tmp_path / "in.safetensors")
    said = crosswalk.refusal("convert", tmp_path / "in.safetensors", tmp_path / "out.npz", "--to", "same")
    assert "a" in said and not (tmp_path / "out.npz").exists()
