"""Writes faults into native checkpoints: settings into the architecture that they carry, changes into parameters."""

import json
import shutil

import h5py
import numpy as np


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

    def parameters(self):
        """The names of all parameters."""
        names = []
        self.file.visititems(lambda name, item: names.append(name.replace("/", ".")) if isinstance(item, h5py.Dataset) else None)
        return sorted(name for name in names if not name.startswith("__source__"))

    def shape(self, name):
        return self.file[name.replace(".", "/")].shape

    def parameter(self, name, change):
        """Writes something else into a parameter."""
        data = self.file[name.replace(".", "/")]
        data[...] = np.ascontiguousarray(change(data[...]))

    def exchange(self, a, b):
        """Writes two parameters into each other's place."""
        first, second = (self.file[name.replace(".", "/")] for name in (a, b))
        one = first[...]
        first[...], second[...] = second[...], one
