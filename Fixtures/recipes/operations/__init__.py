"""Small graphs and what PyTorch computes for them: one JSON file for each theme, read by OperationFixtureTests."""

from . import convolution, experts, pooling, shapes
from .case import write

THEMES = {"convolution": convolution, "experts": experts, "pooling": pooling, "shapes": shapes}


def make(folder):
    for name, theme in THEMES.items():
        write(folder / f"{name}.json", theme.cases())
