"""HDF5 as h5py writes it: every layout and type a checkpoint may use, and what must be refused.

Tensors are expected by their path in the file; `not_tensors` are datasets that hold no numbers.
"""

import h5py
import numpy as np

from .expectations import expect, refusal, tensors, write_expectations

TYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8",
         "bool")


def values(dtype, shape=(2, 3)):
    small = np.arange(np.prod(shape)) % 7
    return (small if np.dtype(dtype).kind in "ub" else small - 3).astype(dtype).reshape(shape)


def types(file):
    for name in TYPES:
        file[name] = values(name)
        if name != "bool":
            file[f"big_endian/{name}"] = values(name).astype(np.dtype(name).newbyteorder(">"))
    return tensors({**{n: values(n) for n in TYPES}, **{f"big_endian/{n}": values(n) for n in TYPES if n != "bool"}})


def layouts(file):
    grid = values("float32", (20, 30))
    file["contiguous"] = grid
    file.create_dataset("compact", data=values("float32"), dcpl=compact())
    file.create_dataset("chunked", data=grid, chunks=(7, 8))
    file.create_dataset("gzip", data=grid, chunks=(7, 8), compression="gzip")
    file.create_dataset("shuffled", data=grid, chunks=(7, 8), compression="gzip", shuffle=True, fletcher32=True)
    file.create_dataset("growing", data=grid, chunks=(5, 30), maxshape=(None, 30))
    file.create_dataset("unwritten", shape=(2, 3), dtype="f4", fillvalue=1.5)
    found = {name: grid for name in ("contiguous", "chunked", "gzip", "shuffled", "growing")}
    return tensors({**found, "compact": values("float32"), "unwritten": np.full((2, 3), 1.5, np.float32)})


def chunks(file):
    """Each index of chunks that came with 1.10, behind a user block as MATLAB writes one."""
    grid = values("float32", (20, 30))
    file["contiguous"] = grid
    file.create_dataset("single", data=grid, chunks=(20, 30), compression="gzip")
    file.create_dataset("fixed_array", data=grid, chunks=(7, 8), compression="gzip", shuffle=True)
    file.create_dataset("extensible_array", data=grid, chunks=(7, 8), maxshape=(None, 30))
    file.create_dataset("tree", data=grid, chunks=(7, 8), maxshape=(None, None), fletcher32=True)
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    file.create_dataset("implicit", data=grid, chunks=(7, 8), dcpl=early)
    partly = file.create_dataset("partly", (20, 30), "f4", chunks=(7, 8), fillvalue=1.5, compression="gzip")
    partly[:7, :8] = 2
    whole = np.full((20, 30), 1.5, np.float32)
    whole[:7, :8] = 2
    names = ("contiguous", "single", "fixed_array", "extensible_array", "tree", "implicit")
    return tensors({**{name: grid for name in names}, "partly": whole})


def compact():
    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_layout(h5py.h5d.COMPACT)
    return settings


def shapes(file):
    named = {"scalar": np.float32(2.5), "empty": np.zeros((0, 4), np.float32),
             "deep": values("float32", (2, 1, 2, 1, 3))}
    for name, value in named.items():
        file[name] = value
    return tensors(named)


def groups(file):
    """Nested groups, dotted link names, links, attributes, and datasets that are no tensors."""
    file["encoder/layers/0/weight"] = values("float32")
    file["encoder/layers/1/weight"] = values("float32") + 1
    file["encoder.layers.2.weight"] = values("float32") + 2
    file.create_group("nothing")
    file["soft"] = h5py.SoftLink("/encoder/layers/0/weight")
    file["hard"] = file["encoder/layers/1/weight"]
    file["words"] = ["a", "größer"]
    file["fixed_words"] = np.array([b"ab", b"c"])
    file["pairs"] = np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f4")])
    file["nullspace"] = h5py.Empty("f4")
    file.attrs["note"] = "größer"
    file.attrs["names"] = np.array(["a", "bc"], dtype=h5py.string_dtype())
    file.attrs["fixed"] = np.array([b"ab", b"c"])
    file.attrs["count"] = np.int64(1 << 40)
    file["encoder"].attrs["layers"] = 2
    one = values("float32")
    found = {"encoder/layers/0/weight": one, "encoder/layers/1/weight": one + 1, "encoder.layers.2.weight": one + 2,
             "soft": one, "hard": one + 1}
    return tensors(found, not_tensors=["words", "fixed_words", "pairs", "nullspace"],
                   metadata={"note": "größer", "names": ["a", "bc"], "fixed": ["ab", "c"], "count": 1 << 40,
                             "encoder": {"layers": 2}})


def bfloat16(file):
    """As Keras writes it: an opaque type of two bytes, and an attribute that says what they are."""
    words = (np.array([1, -2, 0.5, 3], np.float32).view(np.uint32) >> 16).astype("<u2")
    data = file.create_dataset("vars/0", (4,), dtype=np.dtype("V2"))
    data[...] = words.view("V2")
    data.attrs["dtype"] = "bfloat16"
    expected = expect(words)
    return {"tensors": {"vars/0": {**expected, "dtype": "bf16", "values": [1, -2, 0.5, 3]}}}


def external_link(file):
    file["elsewhere"] = h5py.ExternalLink("types.h5", "/float32")
    return refusal("elsewhere")


def external_storage(file):
    file.create_dataset("outside", (4,), dtype="f4", external=[("storage.bin", 0, 16)])
    return refusal("outside")


def virtual(file):
    layout = h5py.VirtualLayout((2, 3), dtype="f4")
    layout[...] = h5py.VirtualSource("types.h5", "float32", (2, 3))
    file.create_virtual_dataset("mosaic", layout)
    return refusal("mosaic")


def dangling(file):
    file["nowhere"] = h5py.SoftLink("/not/there")
    return refusal("nowhere")


def circle(file):
    """A group that holds itself: a walk must end."""
    file["inner/weight"] = values("float32")
    file["inner/again"] = file["inner"]
    return tensors({"inner/weight": values("float32")})


FILES = {"types.h5": types, "layouts.h5": layouts, "shapes.h5": shapes, "groups.h5": groups, "bfloat16.h5": bfloat16,
         "circle.h5": circle, "external-link.h5": external_link, "external-storage.h5": external_storage,
         "virtual.h5": virtual, "dangling.h5": dangling}


def make(folder):
    expectations = {}
    for name, fill in FILES.items():
        with h5py.File(folder / name, "w") as file:
            expectations[name] = fill(file)
    (folder / "storage.bin").write_bytes(b"\0" * 16)
    # v110 is the newest form that Debian's libhdf5 reads; what "latest" means changes with the wheel.
    with h5py.File(folder / "latest.h5", "w", libver=("v110", "v110"), track_order=True) as file:
        expectations["latest.h5"] = groups(file)
    with h5py.File(folder / "chunks.h5", "w", libver=("v110", "v110"), userblock_size=512) as file:
        expectations["chunks.h5"] = chunks(file)
    write_expectations(folder, expectations)
