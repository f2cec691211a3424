#!/usr/bin/env python3
"""Converts checkpoints far larger than the memory allowed for it, and fails when more was needed.

    python3 Benchmarks/large.py                     needs 45 GB of disk and some ten minutes
    python3 Benchmarks/large.py --only native       one of the conversions by name
    python3 Benchmarks/large.py --gigabytes 2       smaller checkpoints, for a first look
    python3 Benchmarks/large.py --crosswalk PATH    another binary than the one `make build` makes

The sources are sparse: GPT-2s whose zeros were never written, so only what is written needs room.
"""

import argparse
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUND = 300_000_000
CONFIG = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new",
          "layer_norm_epsilon": 1e-5, "n_head": 64, "tie_word_embeddings": True}
# By name: the source, what is written, and how.
CONVERSIONS = {
    "native": ("deep", "model.h5", []),
    "compressed": ("deep", "model.h5", ["--compress", "1"]),
    "same": ("deep", "model.safetensors", ["--to", "same"]),
    "shards": ("deep", "model.safetensors", ["--to", "same", "--shard-size", "4GB"]),
    "pytorch": ("deep", "pytorch_model.bin", ["--to", "same"]),
    "cast": ("deep", "model.safetensors", ["--to", "same", "--dtype", "f16"]),
    "native-cast": ("deep", "model.h5", ["--dtype", "f16"]),
    "wide": ("wide", "model.h5", []),
    "wide-cast": ("wide", "model.h5", ["--dtype", "f16"]),
    "wide-source": ("wide-native", "model.safetensors", ["--to", "source"]),
}


def shapes(config):
    """The tensors of a GPT-2 with a language model's head, as transformers names them."""
    width, inner = config["n_embd"], config["n_inner"]
    yield "transformer.wte.weight", [config["vocab_size"], width]
    yield "transformer.wpe.weight", [config["n_positions"], width]
    for layer in range(config["n_layer"]):
        for name, shape in {
            "ln_1.weight": [width], "ln_1.bias": [width],
            "attn.c_attn.weight": [width, 3 * width], "attn.c_attn.bias": [3 * width],
            "attn.c_proj.weight": [width, width], "attn.c_proj.bias": [width],
            "ln_2.weight": [width], "ln_2.bias": [width],
            "mlp.c_fc.weight": [width, inner], "mlp.c_fc.bias": [inner],
            "mlp.c_proj.weight": [inner, width], "mlp.c_proj.bias": [width],
        }.items():
            yield f"transformer.h.{layer}.{name}", shape
    yield "transformer.ln_f.weight", [width]
    yield "transformer.ln_f.bias", [width]


def size(shape):
    count = 4
    for extent in shape:
        count *= extent
    return count


def write_shard(path, tensors):
    """A safetensors file of zeros that take no room."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size(shape)]}
        end += size(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def write(folder, config, limit):
    """A checkpoint as `save_pretrained` writes it, in shards of at most so many bytes."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))
    shards, room = [], 0
    for name, shape in shapes(config):
        if not shards or size(shape) > room:
            shards.append([])
            room = limit
        shards[-1].append((name, shape))
        room -= size(shape)
    places, total = {}, 0
    for number, tensors in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        write_shard(folder / file, tensors)
        for name, shape in tensors:
            places[name] = file
            total += size(shape)
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return total


def sources(folder, gigabytes):
    """Many tensors of up to 4 GB; and few, one of which is as large and is split and transposed."""
    scale = gigabytes / 20
    deep = {"n_embd": 5120, "n_inner": 20480, "n_layer": max(1, round(13 * scale)), "n_positions": 1024,
            "vocab_size": round(200_000 * scale)}
    width = round(18_688 * scale ** 0.5) // 64 * 64
    wide = {"n_embd": width, "n_inner": width, "n_layer": 1, "n_positions": 64, "vocab_size": 64}
    return {name: write(folder / name, config, 5_000_000_000) for name, config in (("deep", deep), ("wide", wide))}


def convert(crosswalk, source, destination, options):
    """The peak of memory in bytes, and the seconds."""
    start = time.perf_counter()
    command = [crosswalk, "convert", source, destination, *options, "--quiet"]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with status {process.returncode}")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=CONVERSIONS, action="append")
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--crosswalk", type=Path, default=ROOT / ".build/release/crosswalk")
    parser.add_argument("--folder", type=Path, help="where to work; else the system's place for temporaries")
    arguments = parser.parse_args()
    exceeded = False
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        folder = Path(folder)
        sizes = sources(folder, arguments.gigabytes)
        for name in arguments.only or CONVERSIONS:
            kind, file, options = CONVERSIONS[name]
            source = folder / kind
            if kind == "wide-native":
                source = folder / "wide.h5"
                convert(arguments.crosswalk, folder / "wide", source, [])
            output = folder / "output"
            output.mkdir()
            peak, seconds = convert(arguments.crosswalk, source, output / file, options)
            shutil.rmtree(output)
            if source.is_file():
                source.unlink()
            exceeded = exceeded or peak > BOUND
            total = sizes[kind.split("-")[0]]
            print(f"{name:12} {total / 1e9:5.1f} GB  peak {peak / 1e6:4.0f} MB  {seconds:4.0f} s"
                  + ("  exceeds the bound" if peak > BOUND else ""), flush=True)
    sys.exit(exceeded)


if __name__ == "__main__":
    main()
