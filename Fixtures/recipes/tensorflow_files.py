"""Writes TensorFlow's checkpoints into a folder; run by containers_tensorflow.py with a python that has TensorFlow."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import cramjam
import numpy as np
import tensorflow as tf

DTYPES = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16", "float8_e4m3fn": "f8e4m3",
          "float8_e5m2": "f8e5m2", "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8", "uint64": "u64",
          "uint32": "u32", "uint16": "u16", "uint8": "u8", "bool": "bool", "complex64": "c64", "complex128": "c128"}
STEP = "/.ATTRIBUTES/VARIABLE_VALUE"


def numbers(shape, dtype=tf.float32):
    values = np.arange(int(np.prod(shape))) % 7
    return values.reshape(shape).astype("float32").astype(tf.dtypes.as_dtype(dtype).as_numpy_dtype)


def expect(named, **more):
    fields = {}
    for name, value in named.items():
        value = np.asarray(value)
        fields[name] = {"dtype": DTYPES[value.dtype.name], "shape": list(value.shape),
                        "sha256": hashlib.sha256(value.tobytes()).hexdigest()}
    return {"tensors": fields, **more}


class Nested(tf.Module):
    def __init__(self):
        self.kernel = tf.Variable(numbers((2, 3)))
        self.bias = tf.Variable(numbers(3))


def objects(folder):
    """What tf.train.Checkpoint writes, with a string beside the tensors."""
    model = Nested()
    tf.train.Checkpoint(model=model, note=tf.Variable("a text"), step=tf.Variable(7, dtype=tf.int64)).write(
        str(folder / "objects"))
    return {"objects.index": expect({f"model/kernel{STEP}": model.kernel, f"model/bias{STEP}": model.bias,
                                     f"step{STEP}": np.int64(7)})}


def save(folder, name, named, **more):
    """What a Saver of TensorFlow 1 writes: names as they are."""
    keys = list(named)
    tf.raw_ops.SaveV2(prefix=str(folder / name), tensor_names=keys, shape_and_slices=[""] * len(keys),
                      tensors=[tf.constant(named[key]) for key in keys])
    return {f"{name}.index": expect(named, **more)}


def plain(folder):
    dtypes = [tf.dtypes.as_dtype(name) for name in DTYPES]
    written = {dtype.name: numbers((2, 3), dtype) for dtype in dtypes}
    bert = {f"bert/encoder/layer_{i}/attention/self/query/{n}": numbers(s, tf.float32) + i
            for i in range(40) for n, s in (("kernel", (2, 2)), ("bias", (2,)))}
    shapes = {"scalar": np.float32(2.5), "empty": np.zeros((0, 4), "float32"), "deep": numbers((2, 1, 2, 1, 2))}
    return {**save(folder, "dtypes", written), **save(folder, "bert", bert), **save(folder, "shapes", shapes),
            **compressed(folder, "bert", "compressed")}


def varint(data, place):
    value = shift = 0
    while True:
        value |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if data[place - 1] < 128:
            return value, place


def checksum(data):
    """CRC-32C, masked."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    rest ^= 0xFFFFFFFF
    return ((rest >> 15 | rest << 17) + 0xA282EAD8) & 0xFFFFFFFF


def number(value):
    """A varint."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def compressed(folder, source, name):
    """A checkpoint of TensorFlow's, its index's one block packed by snappy, which TensorFlow reads and no longer writes."""
    index = (folder / f"{source}.index").read_bytes()
    places, place = [], len(index) - 48
    for _ in range(4):
        value, place = varint(index, place)
        places.append(value)
    table = index[places[2]:places[2] + places[3]]
    _, at = varint(table, 0)
    unshared, at = varint(table, at)
    _, at = varint(table, at)
    key = table[at:at + unshared]
    offset, at = varint(table, at + unshared)
    size, _ = varint(table, at)
    out = bytearray()

    def block(content, kind):
        place = number(len(out)) + number(len(content))
        out.extend(content + bytes([kind]) + checksum(content + bytes([kind])).to_bytes(4, "little"))
        return place

    data = block(bytes(cramjam.snappy.compress_raw(index[offset:offset + size])), 1)
    end = (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    meta = block(end, 0)
    top = block(b"\0" + number(len(key)) + number(len(data)) + key + data + end, 0)
    out.extend((meta + top).ljust(40, b"\0") + index[-8:])
    (folder / f"{name}.index").write_bytes(out)
    shutil.copyfile(folder / f"{source}.data-00000-of-00001", folder / f"{name}.data-00000-of-00001")
    reader = tf.train.load_checkpoint(str(folder / name))
    return {f"{name}.index": expect({key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map()})}


def sharded(folder):
    """Two files merged into one checkpoint of two shards, and a folder that names its latest one."""
    inner = folder / "sharded"
    inner.mkdir(exist_ok=True)
    first, second = {"a": numbers((2, 3))}, {"b": numbers(4, tf.int32)}
    save(inner, "first", first)
    save(inner, "second", second)
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[str(inner / "first"), str(inner / "second")],
                                  destination_prefix=str(inner / "model.ckpt-5"), delete_old_dirs=False)
    for file in [*inner.glob("first*"), *inner.glob("second*")]:
        file.unlink()
    (inner / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-5"\n')
    return {"sharded": expect({**first, **second}),
            "sharded/model.ckpt-5.index": expect({**first, **second})}


def partitioned(folder):
    """Variables in slices, as partitioned variables are: along one axis, along two, with large starts; one not whole."""
    table, grid, long = numbers((4, 3)), numbers((5, 4)), numbers((3, 9000))
    parts = [("table", "4 3 0,2:-", table[:2]), ("table", "4 3 2,2:-", table[2:]), ("whole", "", numbers(3)),
             ("grid", "5 4 0,2:0,3", grid[:2, :3]), ("grid", "5 4 0,2:3,1", grid[:2, 3:]),
             ("grid", "5 4 2,3:0,2", grid[2:, :2]), ("grid", "5 4 2,3:2,2", grid[2:, 2:]),
             ("long", "3 9000 -:0,63", long[:, :63]), ("long", "3 9000 -:63,1", long[:, 63:64]),
             ("long", "3 9000 -:64,8127", long[:, 64:8191]), ("long", "3 9000 -:8191,809", long[:, 8191:])]

    def write(name, parts):
        names, places, values = zip(*parts)
        tf.raw_ops.SaveV2(prefix=str(folder / name), tensor_names=list(names), shape_and_slices=list(places),
                          tensors=list(values))

    write("partitioned", parts)
    write("unfilled", [part for part in parts if part[1] != "5 4 2,3:2,2"])
    return {"partitioned.index": expect({"table": table, "grid": grid, "long": long, "whole": numbers(3)}),
            "unfilled.index": {"error": "grid"}}


def refused(folder):
    """One thing broken each, in copies of a sound checkpoint."""
    index = (folder / "shapes.index").read_bytes()
    data = (folder / "shapes.data-00000-of-00001").read_bytes()

    def broken(name, index, data):
        (folder / f"{name}.index").write_bytes(index)
        if data is not None:
            (folder / f"{name}.data-00000-of-00001").write_bytes(data)

    broken("damaged-block", index[:20] + bytes([index[20] ^ 1]) + index[21:], data)
    broken("no-shard", index, None)
    broken("short-shard", index, data[:-1])
    broken("damaged-data", index, bytes([data[0] ^ 1]) + data[1:])
    shutil.rmtree(folder / "outside", ignore_errors=True)
    (folder / "outside").mkdir()
    (folder / "outside" / "checkpoint").write_text('model_checkpoint_path: "../shapes"\n')
    return {"damaged-block.index": {"error": "checksum"}, "no-shard.index": {"error": "no-shard.data-00000-of-00001"},
            "short-shard.index": {"error": ""}, "damaged-data.index": {"error": "checksum"},
            "outside": {"error": "outside"}}


def main():
    folder = Path(sys.argv[1])
    found = {**objects(folder), **plain(folder), **sharded(folder), **partitioned(folder), **refused(folder)}
    (folder / "expectations.json").write_text(json.dumps(found, indent=1) + "\n")


main()
