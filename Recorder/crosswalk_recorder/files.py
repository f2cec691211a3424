"""Fixtures and inputs as files: HDF5 and safetensors, JSON and npz."""

import json
from pathlib import Path

import h5py
import numpy as np

from .checks import RecordingError

STORED = ("float32", "float16", "bfloat16")


def write(path, groups, attributes, links=None, dtype="float32"):
    """Writes HDF5, or safetensors if the name says so. A dotted name is one link, never nested groups.

    groups: name by name, for each group such as `nodes` or `float64/nodes`
    links:  names of tensors that are others of the file: hard links in HDF5, left out of safetensors
    dtype:  in what float32 values are kept, but for the inputs
    """
    path, links = Path(path), links or {}
    # A slash would be a group of its own.
    tensors = {f"{group}/{name.replace('/', '.')}": values if group == "inputs" else stored(values, dtype, name)
               for group, named in groups.items() for name, values in named.items()}
    links = {name: target for name, target in links.items() if name in tensors and target in tensors}
    attributes = {**attributes, "links": json.dumps(links, sort_keys=True)} if links else attributes
    if path.suffix == ".safetensors":
        return write_safetensors(path, {k: v for k, v in tensors.items() if k not in links}, attributes)
    with h5py.File(path, "w") as file:
        for key, value in attributes.items():
            file.attrs[key] = np.int64(value) if isinstance(value, int) else value
        for group in groups:
            file.create_group(group)
        for name, values in tensors.items():
            if name not in links:
                create(file, name, values)
        for name, target in links.items():
            file[name] = file[target]


def stored(values, dtype, name):
    """The values in the dtype in which they are kept. bfloat16 is uint16 of its bits, marked as `Bits`."""
    if values.dtype != np.float32 or dtype == "float32":
        return values
    if dtype == "bfloat16":
        bits = values.view(np.uint32)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16  # to nearest, ties to even
        return np.where(np.isnan(values), 0x7FC0, rounded).astype(np.uint16).view(Bits)
    with np.errstate(over="ignore"):
        small = values.astype(dtype)
    if np.isinf(small).any() and not np.isinf(values).any():
        raise RecordingError(f"{name} has values beyond float16: keep it in bfloat16 or float32")
    return small


class Bits(np.ndarray):
    """The bits of bfloat16, which NumPy does not know."""


def create(file, name, values):
    if not isinstance(values, Bits):
        return file.create_dataset(name, data=values)
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    kind.set_ebias(127)
    space = h5py.h5s.create_simple(values.shape) if values.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    group, _, link = name.rpartition("/")
    dataset = h5py.h5d.create(file[group].id, link.encode(), kind, space)
    if values.size:
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values), mtype=kind)


def write_safetensors(path, tensors, attributes):
    """The format is so plain that it is written by hand: NumPy has no bfloat16 to hand to a library."""
    header, start = {"__metadata__": {k: str(v) for k, v in attributes.items()}}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": kind_of(values), "shape": values.shape, "data_offsets": [start, start + values.nbytes]}
        start += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values).tobytes())


def kind_of(values):
    if isinstance(values, Bits):
        return "BF16"
    return "BOOL" if values.dtype.kind == "b" else f"{values.dtype.kind.upper()}{8 * values.dtype.itemsize}"


def read_safetensors(path):
    """Every tensor by name, bfloat16 as float32, and the metadata."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header, tensors = json.loads(data[8:start]), {}
    attributes = header.pop("__metadata__", {})
    for name, entry in header.items():
        kind = entry["dtype"]
        dtype = {"BOOL": "?", "BF16": "<u2"}.get(kind) or f"<{kind[0].lower()}{int(kind[1:]) // 8}"
        first, last = entry["data_offsets"]
        values = np.frombuffer(data[start + first:start + last], dtype).reshape(entry["shape"])
        tensors[name] = (values.astype("u4") << 16).view("f4") if kind == "BF16" else values
    return tensors, attributes


def read(path):
    """Every tensor of a fixture by name, linked or not, and its attributes. bfloat16 becomes float32."""
    path = Path(path)
    if path.suffix == ".safetensors":
        tensors, attributes = read_safetensors(path)
    else:
        tensors = {}
        with h5py.File(path) as file:
            attributes = dict(file.attrs)
            for name, group in groups_of(file):
                for link, item in group.items():
                    tensors[f"{name}/{link}"] = values_of(item)
    if attributes.get("format") != "crosswalk.trace":
        raise RecordingError(f"{path} is no recording: it does not say format crosswalk.trace")
    links = json.loads(attributes.get("links", "{}"))
    return tensors | {name: tensors[target] for name, target in links.items() if name not in tensors}, attributes


def groups_of(file):
    for name, group in file.items():
        if name == "float64":
            yield from ((f"{name}/{inner}", group[inner]) for inner in group)
        else:
            yield name, group


def values_of(dataset):
    kind = dataset.id.get_type()
    if kind.get_class() == h5py.h5t.FLOAT and kind.get_size() == 2 and kind.get_ebias() == 127:
        values = np.empty(dataset.shape, "f4")
        dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=h5py.h5t.IEEE_F32LE)
        return values
    return dataset[()]


def read_inputs(path):
    """Inputs by name, as arrays, from JSON, npz, safetensors or HDF5 (datasets at the root or under /inputs)."""
    path = Path(path)
    if path.suffix == ".json":
        return {k: array(v) for k, v in json.loads(path.read_text()).items()}
    if path.suffix == ".npz":
        with np.load(path) as file:
            return {k: file[k] for k in file.files}
    if path.suffix == ".safetensors":
        named = {k.removeprefix("inputs/"): v for k, v in read_safetensors(path)[0].items()}
        return {k: v for k, v in named.items() if "/" not in k}
    if path.suffix in (".h5", ".hdf5"):
        with h5py.File(path) as file:
            group = file.get("inputs", file)
            return {k: np.asarray(v[()]) for k, v in group.items() if isinstance(v, h5py.Dataset)}
    raise RecordingError(f"{path}: inputs are read from .json, .npz, .safetensors or .h5")


def array(value):
    """JSON's numbers as NumPy has them, and those with a point as float32."""
    values = np.array(value)
    return values.astype("float32") if values.dtype.kind == "f" else values
