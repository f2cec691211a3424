#!/usr/bin/env python3
"""Times Crosswalk beside its peers on this machine, alternating, and reports ratios of medians.

    python3 Benchmarks/run.py                       all; needs the .venv that `make test` makes
    python3 Benchmarks/run.py --only forward        one of: convert forward generate start
    python3 Benchmarks/run.py --crosswalk PATH      another binary than the one `make build` makes
"""

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# OpenBLAS chooses its own kernels, unless --openblas-core says which.
INHERITED = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
ENVIRONMENT = {**INHERITED, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "HF_HUB_OFFLINE": "1",
               "TOKENIZERS_PARALLELISM": "false"}
FORWARD = (("bert-base", 1, 128), ("bert-base", 8, 128), ("gpt2-small", 1, 128), ("minilm", 32, 64))
TOKENS = 128
VOCABULARY = {"gpt2-small": 50257}


# One process: this one imports nothing large, as a child's peak of memory begins with its parent's.

def measure(command, cleans=None):
    """Runs a command; its wall-clock seconds, its peak of memory in MB, and what it printed."""
    if cleans:
        Path(cleans).unlink(missing_ok=True)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=errors, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            sys.exit(f"{' '.join(map(str, command))}\n{errors.read().decode()}")
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return {"seconds": seconds, "memory": usage.ru_maxrss / unit, "text": out.read().decode()}


def flushed(path):
    """How long it takes until a file is on the disk, which `crosswalk convert` waits for and others do not."""
    start = time.perf_counter()
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return time.perf_counter() - start


def alternate(rounds, contenders):
    """Runs every contender once a round, in an order that turns; the results of each by name."""
    results = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            results[name].append(contenders[name]())
    return results


def middle(results, key="seconds"):
    return statistics.median(result[key] for result in results)


def row(results, ours, peer, key="seconds"):
    """How many times faster ours is: the ratio of medians, that of the fastest, and the range over the rounds."""
    pairs = [b[key] / a[key] for a, b in zip(results[ours], results[peer])]
    fastest = [min(result.get("fastest", result[key]) if key == "seconds" else result[key] for result in results[who])
               for who in (peer, ours)]
    return {"ratio": middle(results[peer], key) / middle(results[ours], key), "fastest": fastest[0] / fastest[1],
            "from": min(pairs), "to": max(pairs)}


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, Path(folder)
        self.python = options.python
        self.command = options.crosswalk
        self.results = {}

    def peer(self, *arguments):
        return [self.python, HERE / "peers.py", *arguments]

    def model(self, name):
        folder = self.folder / name
        if not folder.exists():
            self.say(f"making {name}")
            also = ["--torch", self.folder / "torch"] if name == "bert-base" else []
            measure(self.peer("make", name, folder, *also))
        return folder

    def say(self, text):
        print(text, file=sys.stderr, flush=True)

    def convert(self):
        folder = self.model("bert-base")
        for source in (folder / "model.safetensors", self.folder / "torch" / "pytorch_model.bin"):
            target = self.folder / "out.h5"

            def timed(command, inner=False):
                result = measure(command, cleans=target)
                if inner:
                    result["seconds"] = json.loads(result["text"])["seconds"]
                return {**result, "flushed": result["seconds"] + flushed(target)}

            self.say(f"converting {source.name}")
            results = alternate(self.options.rounds, {
                "crosswalk": lambda: timed([self.command, "convert", source, target, "--quiet"]),
                "cp": lambda: timed(["cp", source, target]),
                "h5py": lambda: timed(self.peer("convert", source, target), inner=True),
            })
            target.unlink()
            self.results[f"convert {source.suffix[1:]} to HDF5"] = {
                "megabytes": source.stat().st_size / 1e6,
                "seconds": {name: middle(found) for name, found in results.items()},
                "seconds until on the disk": {name: middle(found, "flushed") for name, found in results.items()},
                "peak memory, MB": {name: middle(found, "memory") for name, found in results.items()},
                "times the speed of": {
                    "cp": row(results, "crosswalk", "cp"), "h5py": row(results, "crosswalk", "h5py"),
                    "cp, until on the disk": row(results, "crosswalk", "cp", "flushed"),
                    "h5py, until on the disk": row(results, "crosswalk", "h5py", "flushed")},
            }

    def forward(self):
        for name, batch, length in FORWARD:
            folder = self.model(name)
            inputs = self.folder / "inputs.json"
            numbers = random.Random(0)
            ids = [[numbers.randrange(VOCABULARY.get(name, 30522)) for _ in range(length)] for _ in range(batch)]
            inputs.write_text(json.dumps({"input_ids": ids}))
            repeat = self.options.repeat

            def ours():
                result = measure([self.command, "run", folder, "--inputs", inputs, "--output", self.folder / "t.h5",
                                  "--repeat", repeat + 1, "--timing", "--format", "json", "--quiet"])
                timing = json.loads(result["text"])["timing"]
                return {**result, "seconds": timing["forward_median_s"], "fastest": timing["forward_min_s"],
                        "load": timing["load_s"]}

            def theirs(attention):
                result = measure(self.peer("forward", name, folder, inputs, attention, "--repeat", repeat))
                return {**result, **json.loads(result["text"])}

            self.say(f"running {name} {batch}x{length}")
            results = alternate(self.options.rounds, {
                "crosswalk": ours, "eager": lambda: theirs("eager"), "SDPA": lambda: theirs("sdpa")})
            self.results[f"forward {name} {batch}x{length}"] = {
                "seconds": {name: middle(found) for name, found in results.items()},
                "seconds to load": {name: middle(found, "load") for name, found in results.items()},
                "peak memory, MB": {name: middle(found, "memory") for name, found in results.items()},
                "times the speed of": {name: row(results, "crosswalk", name) for name in ("eager", "SDPA")},
            }

    def generate(self):
        folder, inputs = self.model("gpt2-small"), self.folder / "prompt.json"
        numbers = random.Random(1)
        inputs.write_text(json.dumps({"input_ids": [[numbers.randrange(50257) for _ in range(16)]]}))

        def ours():
            result = measure([self.command, "generate", folder, "--inputs", inputs, "--max-new-tokens", TOKENS,
                              "--min-new-tokens", TOKENS, "--pad", 0, "--repeat", 2, "--timing", "--format", "json", "--quiet"])
            report = json.loads(result["text"])
            return {**result, "seconds": report["timing"]["forward_median_s"], "fastest": report["timing"]["forward_min_s"],
                    "ids": [sequence["ids"] for sequence in report["sequences"]]}

        def theirs():
            result = measure(self.peer("generate", "gpt2-small", folder, inputs, "--tokens", TOKENS))
            return {**result, **json.loads(result["text"])}

        self.say(f"generating {TOKENS} tokens")
        results = alternate(self.options.rounds, {"crosswalk": ours, "transformers": theirs})
        tokens = {json.dumps(result["ids"]) for found in results.values() for result in found}
        if len(tokens) > 1:
            sys.exit("the tokens are not the same")
        self.results[f"generate gpt2-small {TOKENS} tokens"] = {
            "seconds": {name: middle(found) for name, found in results.items()},
            "peak memory, MB": {name: middle(found, "memory") for name, found in results.items()},
            "times the speed of": {"transformers": row(results, "crosswalk", "transformers")},
        }

    def start(self):
        source = self.model("bert-base") / "model.safetensors"
        self.say("starting up")
        results = alternate(3 * self.options.rounds, {
            "crosswalk": lambda: measure([self.command, "inspect", source]),
            "Python with safetensors": lambda: measure(self.peer("listing", source)),
            "--help": lambda: measure([self.command, "--help"]),
        })
        self.results["inspect, a listing"] = {
            "seconds": {name: middle(found) for name, found in results.items() if name != "--help"},
            "times the speed of": {"Python with safetensors": row(results, "crosswalk", "Python with safetensors")}}
        self.results["--help"] = {"seconds": {"crosswalk": middle(results["--help"])}, "times the speed of": {}}

    def machine(self):
        model = platform.processor()
        if Path("/proc/cpuinfo").exists():
            lines = Path("/proc/cpuinfo").read_text().splitlines()
            model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
        return {"processor": model, "processors": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}",
                "load average before": [round(value, 1) for value in os.getloadavg()],
                "OpenBLAS's kernels": self.options.openblas_core or "its own choice",
                "rounds": self.options.rounds, "passes in a round": self.options.repeat,
                **json.loads(measure(self.peer("versions"))["text"])}


def table(results):
    """The ratios, as Markdown."""
    lines = ["| work | ours | beside | theirs | ratio of medians | of the fastest | in single rounds |",
             "|---|---|---|---|---|---|---|"]
    for work, result in results.items():
        for peer, ratio in result["times the speed of"].items():
            times = result["seconds until on the disk" if "disk" in peer else "seconds"]
            lines.append(f"| {work} | {clock(times['crosswalk'])} | {peer} | {clock(times[peer.split(',')[0]])} "
                         f"| {ratio['ratio']:.2f}× | {ratio['fastest']:.2f}× | {ratio['from']:.2f}–{ratio['to']:.2f} |")
        if not result["times the speed of"]:
            lines.append(f"| {work} | {clock(result['seconds']['crosswalk'])} | | | | | |")
    lines += ["", "| work | measure | " + " | ".join(("ours", "peers")) + " |", "|---|---|---|---|"]
    for work, result in results.items():
        for what, form in (("peak memory, MB", "{:.0f}"), ("seconds to load", "{:.2f}")):
            if what in result:
                peers = ", ".join(f"{name} {form.format(value)}" for name, value in result[what].items()
                                  if name != "crosswalk")
                lines.append(f"| {work} | {what} | {form.format(result[what]['crosswalk'])} | {peers} |")
    return "\n".join(lines)


def clock(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crosswalk", default=ROOT / ".build" / "release" / "crosswalk", type=Path)
    parser.add_argument("--python", default=ROOT / ".venv" / "bin" / "python", type=Path,
                        help="a Python with torch, transformers, h5py and safetensors")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender has its turn")
    parser.add_argument("--repeat", type=int, default=7, help="forward passes in a turn")
    parser.add_argument("--only", choices=("convert", "forward", "generate", "start"))
    parser.add_argument("--openblas-core", help="the kernels that OpenBLAS is to use, as Haswell; default: its choice")
    parser.add_argument("--work", help="a folder with 2 GB to spare; default: a temporary one")
    parser.add_argument("--output", default=HERE / "results.json", type=Path)
    options = parser.parse_args()
    if not shutil.which(options.crosswalk):
        sys.exit(f"{options.crosswalk} is missing: `make build` makes it, or name one with --crosswalk")
    if not shutil.which(options.python):
        sys.exit(f"{options.python} is missing: `make test` makes it, or name one with --python")
    options.crosswalk = options.crosswalk.absolute()
    if options.openblas_core:
        ENVIRONMENT["OPENBLAS_CORETYPE"] = options.openblas_core
    with tempfile.TemporaryDirectory(prefix="crosswalk-bench-", dir=options.work) as folder:
        bench = Bench(options, folder)
        machine = bench.machine()
        for part in ("start", "convert", "forward", "generate"):
            if options.only in (None, part):
                getattr(bench, part)()
    machine["load average after"] = [round(value, 1) for value in os.getloadavg()]
    kept = json.loads(options.output.read_text())["results"] if options.only and options.output.exists() else {}
    options.output.write_text(json.dumps({"machine": machine, "results": {**kept, **bench.results}}, indent=1) + "\n")
    print(table(bench.results))


if __name__ == "__main__":
    main()
