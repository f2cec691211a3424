"""Small graphs and what PyTorch computes for them: one JSON file for each theme, read by OperationFixtureTests."""

from . import convolution, disentangled, experts, masks, pooling, shapes
from .case import write

THEMES = {"convolution": convolution, "disentangled": disentangled, "experts": experts, "masks": masks,
          "pooling": pooling, "shapes": shapes}


def make(folder):
    for name, theme in THEMES.items():
        write(folder / f"{name}.json", theme.cases())
