"""Keras on PyTorch, in float64."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402

keras.config.set_floatx("float64")


def built(layer, *inputs, numbers, **kwargs):
    """The layer with random weights, and what it makes of its inputs."""
    layer(*inputs, **kwargs)
    layer.set_weights([numbers(*weight.shape, within=1).numpy() for weight in layer.weights])
    return layer(*inputs, **kwargs)
