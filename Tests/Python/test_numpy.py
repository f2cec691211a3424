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
    for options in ([], ["--compress", "6"]):
        crosswalk.convert(tmp_path / "in.npz", tmp_path / "out.npz", *options, "--force")
        with np.load(tmp_path / "out.npz", allow_pickle=False) as file:
            assert_same(dict(file), ARRAYS)


def test_deflated_archives_are_smaller(crosswalk, tmp_path):
    np.savez(tmp_path / "in.npz", zeros=np.zeros(3_000_000), few=np.arange(9))
    crosswalk.convert(tmp_path / "in.npz", tmp_path / "out.npz", "--compress", "9")
    assert (tmp_path / "out.npz").stat().st_size < 100_000
    with np.load(tmp_path / "out.npz") as ours, np.load(tmp_path / "in.npz") as theirs:
        assert_same(dict(ours), dict(theirs))
    assert "compress" in crosswalk.refusal("convert", tmp_path / "in.npz", tmp_path / "out.npy", "--to", "same",
                                           "--compress", "1")


def test_values_are_shown_exactly(crosswalk, tmp_path):
    values = {"i": np.array([2**53 + 1, -(2**63), 2**63 - 1]), "u": np.array([2**64 - 1, 0], "u8"),
              "c": np.array([1 + 2j, complex(0, -0.5)], "c8"), "d": np.array([complex(1e300, 1 / 3)])}
    np.savez(tmp_path / "in.npz", **values)
    shown = {tensor["name"]: tensor["values"] for tensor in crosswalk.json("inspect", tmp_path / "in.npz", "--values")["tensors"]}
    assert shown["i"] == values["i"].tolist() and shown["u"] == values["u"].tolist()
    for name in "cd":
        assert [complex(*pair) for pair in shown[name]] == values[name].tolist()


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


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "deflated"])
def test_what_is_no_number_is_named_and_not_lost(crosswalk, save, tmp_path):
    others = {"words": np.array(["a", "größe"]), "bytes": np.array([b"a"]), "records": np.zeros(2, [("x[']", "f4", (2,)), ("y", "i8")]),
              "dates": np.array(["2020-01-01"], "M8[D]"), "objects": np.array([{}, 1], dtype=object), "long": np.ones(2, "g")}
    save(tmp_path / "in.npz", w=np.ones((2, 3)), **others)
    report = crosswalk.json("inspect", tmp_path / "in.npz")
    assert [tensor["name"] for tensor in report["tensors"]] == ["w"]
    assert sorted(report["metadata"]["skipped"]) == sorted(others)
    said = crosswalk.refusal("convert", tmp_path / "in.npz", tmp_path / "out.npz", "--to", "same")
    assert all(name in said for name in others) and "--allow-unmapped" in said
    with np.load(crosswalk.convert(tmp_path / "in.npz", tmp_path / "out.npz", "--allow-unmapped")) as file:
        assert_same(dict(file), {"w": np.ones((2, 3))})


@pytest.mark.parametrize("array", [np.array(["a"]), np.zeros(2, [("x", "f4")]), np.array([{}], dtype=object)], ids=["text", "records", "objects"])
def test_a_lone_array_of_no_numbers_is_refused(crosswalk, array, tmp_path):
    np.save(tmp_path / "in.npy", array)
    crosswalk.refusal("inspect", tmp_path / "in.npy")
