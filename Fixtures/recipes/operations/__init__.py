"""Small graphs and what PyTorch or Keras computes for them: one JSON file for each theme, read by OperationFixtureTests."""

from importlib import import_module

from .case import write

THEMES = (
    "activations",
    "arithmetic",
    "attention",
    "bounds",
    "convolution",
    "disentangled",
    "efficient",
    "experts",
    "group_norms",
    "masks",
    "norms",
    "pooling",
    "positions",
    "products",
    "recurrent",
    "relative",
    "rotary",
    "scores",
    "shapes",
    "steps",
    "windows",
)


def make(folder):
    for name in THEMES:
        write(folder / f"{name}.json", import_module(f"{__name__}.{name}").cases())
