#!/usr/bin/env python3
"""Grows a sequence, and shows what each kind of attention takes: time and memory as a table and as pictures.

    python3 Benchmarks/lengths.py                   needs h5py and NumPy, as the .venv has them; some three minutes
    python3 Benchmarks/lengths.py --most 4096       shorter sequences only
    python3 Benchmarks/lengths.py --crosswalk PATH  another binary than the one `make build` makes
    python3 Benchmarks/lengths.py --check           status 1 unless all but full attention grow as they promise
"""

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

from run import ROOT, measure

HEADS, WIDTH, BLOCK = 4, 64, 64
QKV = {"query": "x", "key": "x", "value": "x", "heads": HEADS}
KINDS = {
    "full": [{"operation": "attention", **QKV}],
    "window": [{"operation": "attention", **QKV, "before": BLOCK, "after": BLOCK}],
    "local": [{"operation": "block_attention", **QKV, "block": BLOCK}],
    "hashed": [
        {"name": "rotations", "operation": "random_rotations", "input": "x", "seed": 0, "heads": HEADS, "width": WIDTH // HEADS,
         "rounds": 4, "chunk": BLOCK, "multiple": BLOCK, "most": 128},
        {"operation": "hashed_attention", "query": "x", "value": "x", "rotations": "rotations", "heads": HEADS, "chunk": BLOCK,
         "multiple": BLOCK, "most": 128, "own": -100000, "key_norm": "rms", "scale": 1}],
    "linear": [{"operation": "linear_attention", **QKV, "epsilon": 1e-6}],
    "linear, causal": [{"operation": "linear_attention", **QKV, "epsilon": 1e-6, "causal": True}],
}
PROMISED = 1.4
"""The power of the length that may be measured, from one length to four times as long, where n or n log n (1.1 there) is promised."""
COLOURS = ("#c0392b", "#16a085", "#2980b9", "#8e44ad", "#27ae60", "#e67e22")


def checkpoint(folder, kind):
    """A native checkpoint of one node without parameters."""
    nodes = [{"name": "y", **node} for node in KINDS[kind]]
    architecture = {"inputs": {"x": {"dtype": "floating", "axes": ["batch", "sequence", WIDTH]}}, "nodes": nodes, "outputs": {"y": "y"}}
    path = folder / f"{kind.replace(', ', '-')}.h5"
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "crosswalk.checkpoint", "version": 1, "architecture": json.dumps(architecture)})
    return path


def take(command, folder, kind, length):
    """Seconds of a forward pass, and the process's peak of memory in MB."""
    inputs = folder / "inputs.npz"
    np.savez(inputs, x=np.random.default_rng(0).standard_normal((1, length, WIDTH), dtype=np.float32))
    run = measure([command, "run", checkpoint(folder, kind), "--inputs", inputs, "--output", folder / "trace.h5", "--timing",
                   "--repeat", 5, "--format", "json", "--quiet"], cleans=folder / "trace.h5")
    return json.loads(run["text"])["timing"]["forward_median_s"], run["memory"]


def picture(lengths, results, column, title, unit):
    """A picture with logarithmic axes: one line for each kind."""
    values = [results[kind][length][column] for kind in results for length in lengths]
    low, high = math.log10(min(values)), math.log10(max(values))

    def place(index, value):
        return 60 + index * 420 / max(1, len(lengths) - 1), 260 - (math.log10(value) - low) / (high - low or 1) * 220
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 310" font-family="sans-serif" font-size="12">',
             f'<text x="60" y="20" font-size="14">{title}</text>']
    for index, length in enumerate(lengths):
        parts.append(f'<text x="{place(index, 10 ** low)[0]:.0f}" y="285" text-anchor="middle">{length}</text>')
    for power in range(math.ceil(low), math.floor(high) + 1):
        y = place(0, 10 ** power)[1]
        parts.append(f'<path d="M60 {y:.1f}H480" stroke="#ddd"/><text x="54" y="{y + 4:.1f}" text-anchor="end">{10.0 ** power:g} {unit}</text>')
    for colour, kind in zip(COLOURS, results):
        points = [place(index, results[kind][length][column]) for index, length in enumerate(lengths)]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="488" y="{points[-1][1] + 4:.1f}" fill="{colour}">{kind}</text>')
    return "\n".join([*parts, "</svg>\n"])


def growth(results, kind, lengths, column):
    """The power of the length by which the last two steps grew; allocators make little of a few MB."""
    first, last = results[kind][lengths[-3]][column], results[kind][lengths[-1]][column]
    return math.log(last / first) / math.log(lengths[-1] / lengths[-3])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crosswalk", type=Path, default=ROOT / ".build/release/crosswalk")
    parser.add_argument("--most", type=int, default=16384, help="the longest sequence")
    parser.add_argument("--pictures", type=Path, help="a folder for time.svg and memory.svg")
    parser.add_argument("--check", action="store_true", help="fail where a kind grows faster than it promises")
    options = parser.parse_args()
    lengths = [512 << step for step in range(12) if 512 << step <= options.most]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        idle = take(options.crosswalk, folder, "linear", 1)[1]
        results = {kind: {length: take(options.crosswalk, folder, kind, length) for length in lengths} for kind in KINDS}
    results = {kind: {length: (seconds, max(memory - idle, 0.1)) for length, (seconds, memory) in row.items()}
               for kind, row in results.items()}
    for column, title in ((0, "milliseconds of a forward pass"), (1, "MB of memory beyond those at rest")):
        print(f"| {title} | {' | '.join(map(str, lengths))} | grows with |\n|---|{'---|' * (len(lengths) + 1)}")
        for kind, row in results.items():
            cells = [f"{row[length][0] * 1000:.1f}" if column == 0 else f"{row[length][1]:.0f}" for length in lengths]
            print(f"| {kind} | {' | '.join(cells)} | n^{growth(results, kind, lengths, column):.2f} |")
        print()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        (options.pictures / "time.svg").write_text(picture(lengths, results, 0, "Time of a forward pass by the sequence's length", "s"))
        (options.pictures / "memory.svg").write_text(picture(lengths, results, 1, "Memory by the sequence's length", "MB"))
    late = [f"{kind} n^{growth(results, kind, lengths, column):.2f}" for kind in KINDS if kind != "full" for column in (0, 1)
            if growth(results, kind, lengths, column) > PROMISED]
    if options.check and late:
        sys.exit("grows faster than it promises: " + ", ".join(late))


if __name__ == "__main__":
    main()
