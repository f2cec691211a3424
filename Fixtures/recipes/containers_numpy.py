"""NumPy: every dtype, order and version, archives with and without compression, and headers that break one rule each."""

import io

import numpy as np

from .expectations import refusal, tensors, write_expectations

DTYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8",
          "bool", "complex64", "complex128")


def numbers(count, dtype="float32"):
    """Small values that every dtype holds exactly."""
    values = np.arange(count) % 7
    return (values - 3 if np.dtype(dtype).kind in "fic" else values).astype(dtype)


def written(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def raw(header, data=b"", version=1):
    """An array whose header is given as text; nothing is checked."""
    size = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + header.encode() + data


def plain(folder):
    archives = {
        "dtypes": {name: numbers(6, name).reshape(2, 3) for name in DTYPES},
        "shapes": {"scalar": np.float32(2.5), "empty": np.zeros((0, 4), "float32"),
                   "deep": numbers(8).reshape(2, 1, 4), "folder/name": numbers(2)},
        "orders": {"columns": np.asfortranarray(numbers(24).reshape(2, 3, 4)), "big": numbers(6).astype(">f4"),
                   "both": np.asfortranarray(numbers(6, "int16").reshape(2, 3).astype(">i2")),
                   "complex": numbers(3, "complex64").astype(">c8")},
    }
    expected = {}
    for name, arrays in archives.items():
        np.savez(folder / f"{name}.npz", **arrays)
        expected[f"{name}.npz"] = tensors(arrays)
    inputs = {"input_ids": np.array([[101, 2023, 102]]), "attention_mask": np.ones((1, 3), "int64")}
    np.savez_compressed(folder / "compressed.npz", **inputs)
    expected["compressed.npz"] = tensors(inputs)
    for version in (1, 2, 3):
        (folder / f"version-{version}.npy").write_bytes(written(numbers(4), (version, 0)))
        expected[f"version-{version}.npy"] = tensors({"array": numbers(4)})
    old = raw("{'shape': (2L,), \"descr\": '<f4', 'fortran_order': False}\n", numbers(2).tobytes())
    (folder / "old-style.npy").write_bytes(old)
    expected["old-style.npy"] = tensors({"array": numbers(2)})
    return expected


def refused(folder):
    form = "{{'descr': {0}, 'fortran_order': {1}, 'shape': {2}, }}"
    data = numbers(2).tobytes()
    files = {
        "objects": (raw(form.format("'|O'", "False", "(2,)"), data), "Python objects"),
        "strings": (written(np.array(["a", "bc"])), "'<U2'"),
        "records": (written(np.zeros(2, [("a", "<f4"), ("b", "<i4")])), "records"),
        "short": (raw(form.format("'<f4'", "False", "(3,)"), data), "ends too early"),
        "trailing": (raw(form.format("'<f4'", "False", "(1,)"), data), "bytes after"),
        "huge-shape": (raw(form.format("'<f4'", "False", f"({1 << 62}, {1 << 62})"), data), ""),
        "beyond-64-bits": (raw(form.format("'<f4'", "False", f"({1 << 64},)"), data), ""),
        "negative-shape": (raw(form.format("'<f4'", "False", "(-2,)"), data), ""),
        "many-axes": (raw(form.format("'<f4'", "False", "(" + "1, " * 40 + ")"), data[:4]), "axes"),
        "code": (raw(form.format("'<f4'", "__import__('os').system('true')", "(2,)"), data), "True or False"),
        "key-twice": (raw("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", data), ""),
        "key-missing": (raw("{'descr': '<f4', 'shape': (2,)}", data), ""),
        "key-unknown": (raw("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", data), ""),
        "more-text": (raw(form.format("'<f4'", "False", "(2,)") + " 1", data), ""),
        "unclosed": (raw("{'descr': '<f4', 'fortran_order': False, 'shape': (2,", data), ""),
        "version-9": (raw(form.format("'<f4'", "False", "(2,)"), data, version=9), "version"),
        "long-header": (b"\x93NUMPY\x02\x00" + (1 << 31).to_bytes(4, "little") + data, "header"),
    }
    for name, (content, _) in files.items():
        (folder / f"{name}.npy").write_bytes(content)
    whole = (folder / "compressed.npz").read_bytes()
    damaged = bytearray(whole)
    damaged[whole.index(b"input_ids.npy") + 60] ^= 0xFF
    (folder / "damaged.npz").write_bytes(damaged)
    return {**{f"{name}.npy": refusal(text) for name, (_, text) in files.items()},
            "damaged.npz": refusal("input_ids.npy")}


def make(folder):
    write_expectations(folder, {**plain(folder), **refused(folder)})
