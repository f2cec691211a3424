"""What a reader must find in a container file: dtype, shape, and the bytes by their hash, or a refusal."""

import hashlib
import json
import math

import numpy as np
import torch

FEW = 12
DTYPES = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16", "float8_e4m3fn": "f8e4m3",
          "float8_e5m2": "f8e5m2", "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8", "uint64": "u64",
          "uint32": "u32", "uint16": "u16", "uint8": "u8", "bool": "bool", "complex64": "c64", "complex128": "c128"}


def expect(value):
    """The expectation of one tensor, from torch or NumPy; values too, when they are few and JSON can write them."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().resolve_conj().contiguous().reshape(-1)
        data, name = flat.view(torch.uint8).numpy().tobytes(), str(value.dtype).removeprefix("torch.")
        numbers = flat.tolist() if flat.numel() <= FEW else None
    else:
        value = np.asarray(value)
        data, name = value.astype(value.dtype.newbyteorder("<")).tobytes(), value.dtype.name
        numbers = value.reshape(-1).tolist() if value.size <= FEW else None
    expected = {"dtype": DTYPES[name], "shape": list(value.shape), "sha256": hashlib.sha256(data).hexdigest()}
    writable = numbers is not None and all(not isinstance(n, complex) and math.isfinite(n) for n in numbers)
    return {**expected, "values": numbers} if writable else expected


def tensors(named, **more):
    return {"tensors": {name: expect(value) for name, value in named.items()}, **more}


def refusal(text):
    """The file must be refused, with this text in the message ("" for any)."""
    return {"error": text}


def write_expectations(folder, expectations):
    """Writes expectations.json, one line for each tensor."""
    blocks = []
    for file, expected in expectations.items():
        fields = []
        for key, value in expected.items():
            text = json.dumps(value, ensure_ascii=False)
            if key == "tensors":
                text = "{\n" + ",\n".join(f"   {json.dumps(n)}: {json.dumps(v)}" for n, v in value.items()) + "}"
            fields.append(f"  {json.dumps(key)}: {text}")
        blocks.append(f" {json.dumps(file)}: {{\n" + ",\n".join(fields) + "}")
    (folder / "expectations.json").write_text("{\n" + ",\n".join(blocks) + "\n}\n")


def numbers(count, dtype=torch.float32, start=0):
    """Small values that every dtype holds exactly."""
    values = (torch.arange(start, start + count) % 7).to(torch.float32)
    return (values - 3 if dtype.is_signed else values).to(dtype)
