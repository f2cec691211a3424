"""GGUF: every type that is read, decoded by the gguf package itself, every kind of metadata, and files that break one
rule each."""

import struct

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value

from .expectations import refusal, tensors, write_expectations

QUANTISED = ("Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "MXFP4")
PLAIN = {"F64": "float64", "F32": "float32", "F16": "float16", "I8": "int8", "I16": "int16", "I32": "int32",
         "I64": "int64"}
HALVES = {"Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,), "MXFP4": ()}


def blocks(name, rows, count, random):
    """Rows of blocks of random bits, whose scales are numbers of ordinary size."""
    size, width = gguf.GGML_QUANT_SIZES[Type[name]]
    data = random.integers(0, 256, (rows, count, width), dtype=np.uint8)
    for offset in HALVES.get(name, (0, 2) if name.endswith("_1") else (0,)):
        scales = random.normal(0, 0.1, (rows, count, 1)).astype(np.float16)
        data[..., offset:offset + 2] = scales.view(np.uint8)
    return data.reshape(rows, count * width)


def write(path, arrays, metadata=None, kinds=None, alignment=None, **options):
    """A file by the package's own writer, or several."""
    writer = gguf.GGUFWriter(path, "tiny", **options)
    if alignment:
        writer.add_custom_alignment(alignment)
    for key, (value, kind, *inner) in (metadata or {}).items():
        writer.add_key_value(key, value, kind, *inner)
    for name, array in arrays.items():
        writer.add_tensor(name, array, raw_dtype=(kinds or {}).get(name))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


METADATA = {
    "tiny.u8": (200, Value.UINT8), "tiny.i8": (-3, Value.INT8), "tiny.u16": (60000, Value.UINT16),
    "tiny.i16": (-300, Value.INT16), "tiny.u32": (4, Value.UINT32), "tiny.i32": (4, Value.INT32),
    "tiny.f32": (0.5, Value.FLOAT32), "tiny.bool": (True, Value.BOOL), "tiny.text": ("Grüße", Value.STRING),
    "tiny.u64": ((1 << 64) - 1, Value.UINT64), "tiny.i64": (-(1 << 40), Value.INT64), "tiny.f64": (0.1, Value.FLOAT64),
    "tiny.words": (["a", "b", ""], Value.ARRAY, Value.STRING), "tiny.kinds": ([1, 2, 3], Value.ARRAY, Value.INT32),
    "tiny.scores": ([0.25, -1.0], Value.ARRAY, Value.FLOAT32),
}


def plain(folder):
    random = np.random.default_rng(0)
    values = {name: (np.arange(8) % 7 - 3).astype(dtype).reshape(2, 4) for name, dtype in PLAIN.items()}
    write(folder / "plain.gguf", values)
    packed = {name: blocks(name, 3, 2, random) for name in QUANTISED}
    write(folder / "quantised.gguf", packed, kinds={name: Type[name] for name in QUANTISED})
    decoded = {name: gguf.quants.dequantize(data, Type[name]).astype(np.float32) for name, data in packed.items()}
    numbers = random.normal(0, 1, (2, 64)).astype(np.float32)
    half = gguf.quants.quantize(numbers, Type.BF16)
    write(folder / "bfloat16.gguf", {"w": half}, kinds={"w": Type.BF16})
    bfloat16 = torch.from_numpy(numbers).to(torch.bfloat16)
    small = {"a.weight": values["F32"], "b": np.ones((1, 2, 2, 2), "float32")}
    write(folder / "metadata.gguf", small, METADATA)
    write(folder / "aligned.gguf", small, alignment=64)
    second = bytearray((folder / "metadata.gguf").read_bytes())
    second[4] = 2
    (folder / "version-2.gguf").write_bytes(second)
    return {"plain.gguf": tensors(values), "quantised.gguf": tensors(decoded), "bfloat16.gguf": tensors({"w": bfloat16}),
            **{f"{name}.gguf": tensors(small) for name in ("metadata", "aligned", "version-2")}}


def swapped(folder):
    """The same numbers with the highest byte first, as machines of that kind write them."""
    random = np.random.default_rng(1)
    plain = {name: (np.arange(8) % 7 - 3).astype(dtype).reshape(2, 4) for name, dtype in PLAIN.items()}
    packed = {name: blocks(name, 3, 2, random) for name in QUANTISED}
    decoded = {name: gguf.quants.dequantize(data, Type[name]).astype(np.float32) for name, data in packed.items()}
    for name, data in packed.items():
        whole = data.reshape(-1, gguf.GGML_QUANT_SIZES[Type[name]][1])
        for offset in HALVES.get(name, (0, 2) if name.endswith("_1") else (0,)):
            whole[:, offset:offset + 2] = whole[:, [offset + 1, offset]]
    # The writer swaps the arrays in place.
    copies = {name: array.copy() for name, array in {**plain, **packed}.items()}
    write(folder / "big-endian.gguf", copies, METADATA, {name: Type[name] for name in QUANTISED},
          endianess=gguf.GGUFEndian.BIG)
    return {"big-endian.gguf": tensors({**plain, **decoded})}


def split(folder):
    """A checkpoint in three parts, read whichever is named; and parts that do not belong together."""
    random = np.random.default_rng(2)
    arrays = {f"blk.{i}.weight": random.normal(0, 1, (2, 32)).astype(np.float32) for i in range(5)}
    packed = {"blk.5.weight": blocks("Q8_0", 2, 1, random)}
    whole = tensors({**arrays, "blk.5.weight": gguf.quants.dequantize(packed["blk.5.weight"], Type.Q8_0)})
    write(folder / "split.gguf", {**arrays, **packed}, METADATA, {"blk.5.weight": Type.Q8_0}, split_max_tensors=2)
    parts = [f"split-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    expectations = {part: whole for part in parts}
    first = (folder / parts[0]).read_bytes()
    for name, words in (("renamed.gguf", "split-00001-of-00003.gguf"[5:]), ("lone-00001-of-00003.gguf", "part 2 of 3"),
                        ("mixed-00001-of-00003.gguf", "not part 2")):
        (folder / name).write_bytes(first)
        expectations[name] = refusal(words)
    (folder / "mixed-00002-of-00003.gguf").write_bytes((folder / parts[2]).read_bytes())
    return expectations


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def raw(members=(), infos=(), data=b"", version=3, counts=None):
    """A file of parts; nothing is checked."""
    counts = counts or (len(infos), len(members))
    head = b"GGUF" + struct.pack("<IQQ", version, *counts) + b"".join(members) + b"".join(infos)
    return head + bytes(-len(head) % 32) + data


def info(name="w", shape=(8,), kind=0, offset=0):
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def member(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def nested(depth):
    return struct.pack("<IQ", 9, 1) * depth + struct.pack("<IQ", 4, 0)


def refused(folder):
    data = bytes(32)
    files = {
        "version-1": (raw(version=1), "version"),
        "many-tensors": (raw(counts=(1 << 60, 0)), "counts"),
        "many-members": (raw(counts=(0, 1 << 60)), "counts"),
        "long-key": (raw([struct.pack("<Q", 1 << 62) + b"key"]), "counts"),
        "long-array": (raw([member("a", 9, struct.pack("<IQ", 4, 1 << 61))]), "counts"),
        "deep-array": (raw([member("a", 9, nested(40))]), "deeply"),
        "unknown-value": (raw([member("a", 77, b"")], data=data), "unknown type"),
        "neither": (raw([member("a", 7, b"\x02")], data=data), "neither"),
        "no-text": (raw([member("a", 8, struct.pack("<Q", 1) + b"\xff")], data=data), "UTF-8"),
        "key-twice": (raw([member("a", 0, b"1")] * 2, data=data), "twice"),
        "alignment-0": (raw([member("general.alignment", 4, bytes(4))], data=data), "alignment"),
        "alignment-3": (raw([member("general.alignment", 4, b"\3\0\0\0")], data=data), "alignment"),
        "name-twice": (raw(infos=[info(), info(offset=32)], data=data * 2), "this name"),
        "five-axes": (raw(infos=[info(shape=(1,) * 5)], data=data), "axes"),
        "huge-shape": (raw(infos=[info(shape=(1 << 32, 1 << 32))], data=data), ""),
        "beyond-end": (raw(infos=[info(shape=(9,))], data=data), "ends before"),
        "far-offset": (raw(infos=[info(offset=1 << 63)], data=data), ""),
        "crooked-offset": (raw(infos=[info(shape=(1,), offset=4)], data=data), "begins"),
        "overlap": (raw(infos=[info("a"), info("b")], data=data), "begins"),
        "half-a-block": (raw(infos=[info(shape=(16,), kind=8)], data=data), "blocks"),
        "unknown-type": (raw(infos=[info(kind=99)], data=data), "type 99"),
        "unread-type": (raw(infos=[info(shape=(256,), kind=16)], data=data * 9), "IQ2_XXS"),
    }
    for name, (content, _) in files.items():
        (folder / f"{name}.gguf").write_bytes(content)
    return {f"{name}.gguf": refusal(text) for name, (_, text) in files.items()}


def make(folder):
    write_expectations(folder, {**plain(folder), **swapped(folder), **split(folder), **refused(folder)})
