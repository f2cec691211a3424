"""safetensors: every dtype and shape, shards, and files that break one rule each."""

import json

import torch
from safetensors.torch import save, save_file

from .common import write_json
from .containers_pytorch import DTYPES, NEWER_DTYPES
from .expectations import numbers, refusal, tensors, write_expectations

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
SECOND = {**F32, "data_offsets": [8, 16]}


def raw(path, header, data, pad=b""):
    """A file whose header is given as text or as a value; nothing is checked."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode() + pad
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def plain(folder):
    files = {
        "dtypes.safetensors": {str(d).removeprefix("torch."): numbers(6, d).view(2, 3)
                               for d in DTYPES + NEWER_DTYPES if d is not torch.complex128},
        "shapes.safetensors": {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4),
                               "deep": numbers(8).view(2, 1, 4)},
    }
    for name, value in files.items():
        save_file(value, folder / name)
    expected = {name: tensors(value) for name, value in files.items()}
    metadata = {"format": "pt", "note": "größer\n\"quoted\""}
    raw(folder / "metadata.safetensors", {"__metadata__": metadata, "weight": F32}, numbers(2).numpy().tobytes())
    expected["metadata.safetensors"] = tensors({"weight": numbers(2)}, metadata=metadata)
    save_file({}, folder / "no-tensors.safetensors")
    expected["no-tensors.safetensors"] = tensors({})
    data = numbers(4).numpy().tobytes()
    nothing = {**F32, "shape": [0], "data_offsets": [16, 16]}
    raw(folder / "unaligned.safetensors", {"b": SECOND, "a": F32, "x": nothing}, data)
    expected["unaligned.safetensors"] = tensors({"a": numbers(4)[:2], "b": numbers(4)[2:], "x": torch.zeros(0)})
    return expected


def sharded(folder):
    """Two shards and their index, as save_pretrained writes them; and the same with a shard missing."""
    parts = {"model-00001-of-00002.safetensors": {"first.weight": numbers(6).view(2, 3), "first.bias": numbers(2)},
             "model-00002-of-00002.safetensors": {"second.weight": numbers(4, start=3)}}
    index = {"metadata": {"total_size": 48}, "weight_map": {n: f for f, named in parts.items() for n in named}}
    for place in ("sharded", "missing-shard"):
        (folder / place).mkdir()
        for file, named in list(parts.items())[:1 if place == "missing-shard" else 2]:
            save_file(named, folder / place / file, {"format": "pt"})
        write_json(folder / place / "model.safetensors.index.json", index)
    whole = {name: value for named in parts.values() for name, value in named.items()}
    return {"sharded": tensors(whole), "missing-shard": refusal("model-00002-of-00002.safetensors")}


def refused(folder):
    four, good = numbers(4).numpy().tobytes(), save({"a": numbers(2)})
    headers = {
        "hole": ({"a": F32, "b": {**F32, "data_offsets": [12, 20]}}, four + b"\0" * 4),
        "overlap": ({"a": F32, "b": {**F32, "data_offsets": [4, 12]}}, four[:12]),
        "trailing": ({"a": F32}, four),
        "beyond-end": ({"a": F32, "b": SECOND}, four[:12]),
        "wrong-size": ({"a": {**F32, "shape": [3]}}, four[:8]),
        "huge-shape": ({"a": {**F32, "shape": [1 << 62, 1 << 62]}}, four[:8]),
        "negative-shape": ({"a": {**F32, "shape": [-2]}}, four[:8]),
        "reversed-offsets": ({"a": {**F32, "data_offsets": [8, 0]}}, four[:8]),
        "unknown-dtype": ({"a": {**F32, "dtype": "F31"}}, four[:8]),
        "number-metadata": ({"__metadata__": {"epoch": 3}, "a": F32}, four[:8]),
        "duplicate-name": (f'{{"a":{json.dumps(F32)},"a":{json.dumps(F32)}}}', four[:8]),
        "not-json": ('{"a":', four[:8]),
    }
    for name, (header, data) in headers.items():
        raw(folder / f"{name}.safetensors", header, data)
    raw(folder / "nul-padding.safetensors", {"a": F32}, four[:8], pad=b"\0\0")
    (folder / "huge-header.safetensors").write_bytes((1 << 62).to_bytes(8, "little") + good[8:])
    (folder / "short.safetensors").write_bytes(good[:-3])
    named = {"unknown-dtype": "F31", "duplicate-name": "a", "wrong-size": "a", "negative-shape": "a", "huge-shape": "a"}
    names = [*headers, "nul-padding", "huge-header", "short"]
    return {f"{name}.safetensors": refusal(named.get(name, "")) for name in names}


def make(folder):
    write_expectations(folder, {**plain(folder), **sharded(folder), **refused(folder)})
