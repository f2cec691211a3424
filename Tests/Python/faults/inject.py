"""Writes faults into native checkpoints: settings into the architecture that they carry, changes into parameters."""

import json
import shutil

import h5py
import numpy as np


def nodes(items, prefix=""):
    """Every node object of an architecture, those of blocks within among them."""
    for item in items:
        if "nodes" in item:
            yield from nodes(item["nodes"])
        else:
            yield item


class Patient:
    """A copy of a native checkpoint that faults are written into."""

    def __init__(self, source, path):
        shutil.copy(source, path)
        self.path = path

    def __enter__(self):
        self.file = h5py.File(self.path, "r+")
        self.architecture = json.loads(self.file.attrs["architecture"])
        return self

    def __exit__(self, *_):
        self.file.attrs["architecture"] = json.dumps(self.architecture)
        self.file.close()

    def setting(self, operation, key, value, name=None):
        """Gives a setting to the nodes of an operation; None takes it away."""
        found = [n for n in nodes(self.architecture["nodes"])
                 if n["operation"] == operation and (name is None or n["name"] == name)]
        assert found, f"no {operation}"
        for node in found:
            if value is None:
                node.pop(key, None)
            else:
                node[key] = value

    def parameter(self, name, change):
        """Writes something else into a parameter."""
        if not self.has(name):
            return
        data = self.file[name.replace(".", "/")]
        data[...] = np.ascontiguousarray(change(data[...]))

    def has(self, name):
        return name.replace(".", "/") in self.file

    def exchange(self, a, b):
        if not self.has(a) and not self.has(b):
            return
        first, second = (self.file[name.replace(".", "/")] for name in (a, b))
        one = first[...]
        first[...], second[...] = second[...], one

    def parameters(self):
        names = []
        self.file.visititems(lambda name, item: names.append(name.replace("/", ".")) if isinstance(item, h5py.Dataset) else None)
        return [n for n in names if not n.startswith("__source__")]
