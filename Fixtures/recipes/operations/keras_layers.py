"""Keras on PyTorch, in float64."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
from keras.src.backend.common import dtypes  # noqa: E402

keras.config.set_floatx("float64")
# Sums and products of float64 are float32 to Keras on PyTorch, unless it is told otherwise here.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


def built(layer, *inputs, numbers, **kwargs):
    """The layer with random weights, and what it makes of its inputs."""
    layer(*inputs, **kwargs)
    layer.set_weights([numbers(*weight.shape, within=1).numpy() for weight in layer.weights])
    return layer(*inputs, **kwargs)
