"""Efficient attentions: models of packages as Fixtures/recipes/packages.py recorded them, and of transformers."""

import shutil

from conftest import ROOT
from families import efficient, encoders
from families.proof import make as make_family

from . import System

FOLDER = ROOT / "Fixtures/packages"
ROWS = {
    "Local attention, global tokens": ["local-attention"],
    "Reformer": ["reformer-pytorch"],
    "Sinkhorn sorting attention": ["sinkhorn-transformer"],
    "Linformer": ["linformer"],
    "Linear Transformer and Performer": ["pytorch-fast-transformers", "linear-attention-transformer", "performer-pytorch"],
}


def recorded(source):
    def make(folder):
        shutil.copytree(source, folder, dirs_exist_ok=True)
    return make


def of_transformers(case, name):
    return lambda folder: make_family(case, name, folder)


def row(title, families):
    case = {"Local attention, global tokens": [*efficient.BIRDS, *encoders.LONGFORMERS], "Reformer": efficient.REFORMERS}.get(title, [])
    found = [System(title, f"transformers: {c.label} {name}", of_transformers(c, name), c.family) for c in case for name in c.classes[:1]]
    for family in families:
        found += [System(title, path.name, recorded(path), family)
                  for path in sorted(FOLDER.iterdir()) if path.name.startswith(family)]
    return found


SYSTEMS = [system for title, families in ROWS.items() for system in row(title, families)]
