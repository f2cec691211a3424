"""Makes every committed fixture from its recipe, and writes manifest.json.

    python make.py                   all that needs no download
    python make.py bert-bare minilm  only these
    python make.py --check           remake elsewhere and compare with what is committed
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Recorder")]

import h5py
import numpy as np
import torch
import transformers

torch.set_num_threads(1)
transformers.utils.logging.disable_progress_bar()

from recipes import (bert, containers_gguf, containers_hdf5, containers_keras, containers_numpy, containers_pytorch,
                     containers_safetensors, containers_tensorflow, containers_words, gpt2, minilm, operations, packages,
                     transformer, transformers4)

MODELS = {**bert.RECIPES, **gpt2.RECIPES, **transformer.RECIPES}
PLACES = {name: (f"models/{name}", recipe) for name, recipe in MODELS.items()}
PLACES |= {"minilm": ("minilm", minilm.make), "operations": ("operations", operations.make),
           "packages": ("packages", packages.make), "transformers4": ("transformers4", transformers4.make)}
PLACES |= {f"containers-{kind}": (f"containers/{kind}", module.make) for kind, module in (
    ("gguf", containers_gguf), ("hdf5", containers_hdf5), ("keras", containers_keras), ("numpy", containers_numpy),
    ("pytorch", containers_pytorch), ("safetensors", containers_safetensors), ("tensorflow", containers_tensorflow),
    ("words", containers_words))}
# What needs a download, or more than requirements.txt: made when named.
SEPARATE = ("minilm", "packages", "transformers4", "containers-keras", "containers-tensorflow")
ROUNDING = 1e-5


def files_of(folder):
    """The made files in a folder (scripts are written by hand), by path relative to it."""
    return {str(f.relative_to(folder)): f for f in sorted(folder.rglob("*")) if f.is_file() and f.suffix != ".sh"}


def remake(name, root):
    """Runs one recipe into root; returns its files by path relative to root."""
    place, recipe = PLACES[name]
    folder = root / place
    folder.mkdir(parents=True, exist_ok=True)
    for file in files_of(folder).values():
        file.unlink()
    for inner in [f for f in folder.iterdir() if f.is_dir()]:
        inner.rmdir()
    recipe(folder)
    for file in files_of(folder).values():
        file.chmod(0o644)
    return {f"{place}/{path}": file for path, file in files_of(folder).items()}


def write_manifest(made):
    """Records each made file's hash and recipe, keeping the entries of recipes that did not run."""
    path = HERE / "manifest.json"
    entries = json.loads(path.read_text())["files"] if path.exists() else {}
    recipes = {name for name, _ in made}
    entries = {k: v for k, v in entries.items() if v["recipe"] in PLACES and v["recipe"] not in recipes}
    for name, files in made:
        for place, file in files.items():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            entries[place] = {"recipe": name, "sha256": digest, "bytes": file.stat().st_size}
    path.write_text(json.dumps({"files": dict(sorted(entries.items()))}, indent=1) + "\n")


def difference(ours, theirs):
    """Why two files differ, or None. HDF5 files may hold other dates, and numbers may differ by rounding."""
    if not theirs.exists():
        return "is not committed"
    if ours.read_bytes() == theirs.read_bytes():
        return None
    if ours.suffix != ".h5":
        return "differs"
    with h5py.File(ours) as a, h5py.File(theirs) as b:
        names, others = [], []
        a.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        b.visititems(lambda name, item: others.append(name) if isinstance(item, h5py.Dataset) else None)
        if names != others:
            return "holds other names"
        far = [n for n in names if not near(a[n][()], b[n][()])]
        return f"differs beyond rounding at {far[0]}" if far else None


def near(a, b):
    if np.asarray(a).dtype.kind != "f":
        return np.array_equal(a, b)
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=0, atol=ROUNDING, equal_nan=True)


def check(names):
    """Remakes in a temporary folder and compares; returns the complaints."""
    complaints = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in names:
            for place, file in remake(name, Path(temporary)).items():
                reason = difference(file, HERE / place)
                complaints += [f"{place} {reason}"] if reason else []
            print(f"checked {name}", flush=True)
    return complaints


def main():
    parser = argparse.ArgumentParser(description="Makes the committed fixtures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="recipes; default: all that need no more")
    parser.add_argument("--check", action="store_true", help="remake elsewhere and compare")
    options = parser.parse_args()
    names = options.names or [name for name in PLACES if name not in SEPARATE]
    unknown = [name for name in names if name not in PLACES]
    if unknown:
        sys.exit(f"make.py: no recipe {', '.join(unknown)}; there are: {', '.join(PLACES)}")
    if options.check:
        complaints = check(names)
        sys.exit("\n".join(complaints) or 0)
    for name in names:
        write_manifest([(name, remake(name, HERE))])
        print(f"made {name}", flush=True)


if __name__ == "__main__":
    main()
