"""pool: windows as PyTorch and Keras put them."""

import torch
import torch.nn.functional as functional

from .case import Numbers, case
from .keras_layers import keras


def of_torch(name, seed, shape, function, compute, **settings):
    x = Numbers(seed)(*shape)
    node = {"name": "y", "operation": "pool", "input": "x", "function": function, **settings}
    return case(name, [node], {"x": x}, {"y": compute(x)})


def unequal(x):
    """As TensorFlow's and JAX's Keras have it; PyTorch's repeats the input's edges where sides are unequal."""
    padded, ones = functional.pad(x, (1, 2)), functional.pad(torch.ones_like(x), (1, 2))
    return functional.avg_pool1d(padded, 4, 2) / functional.avg_pool1d(ones, 4, 2)


def of_keras(name, seed, shape, layer, **settings):
    """The channels are last."""
    x = Numbers(seed)(*shape)
    config = layer.get_config()
    function = "average" if "Average" in type(layer).__name__ else "maximum"
    node = {"name": "y", "operation": "pool", "input": "x", "function": function, "channels": "last",
            "kernel": list(config["pool_size"]), "stride": list(config["strides"]), "padding": config["padding"]}
    return case(name, [node | settings], {"x": x}, {"y": layer(x)})


def cases():
    layers = keras.layers
    return [
        of_torch("largest of two", 1, (2, 3, 9), "maximum", lambda x: functional.max_pool1d(x, 2), kernel=[2]),
        of_torch("largest with padding", 2, (2, 3, 7, 8), "maximum",
                 lambda x: functional.max_pool2d(x, (3, 2), (2, 1), (1, 1)), kernel=[3, 2], stride=[2, 1],
                 padding=[1, 1]),
        of_torch("largest, dilated, rounded up", 3, (1, 2, 11, 9), "maximum",
                 lambda x: functional.max_pool2d(x, (2, 3), 3, (1, 0), (2, 2), ceil_mode=True), kernel=[2, 3],
                 stride=[3, 3], padding=[1, 0], dilation=[2, 2], ceil=True),
        of_torch("mean", 4, (2, 3, 8), "average", lambda x: functional.avg_pool1d(x, 3), kernel=[3]),
        of_torch("mean that counts padding", 5, (1, 3, 8, 7), "average",
                 lambda x: functional.avg_pool2d(x, (3, 4), 2, (1, 2)), kernel=[3, 4], stride=[2, 2], padding=[1, 2],
                 count_padding=True),
        of_torch("mean that does not", 6, (1, 3, 8, 7), "average",
                 lambda x: functional.avg_pool2d(x, (3, 4), 2, (1, 2), count_include_pad=False), kernel=[3, 4],
                 stride=[2, 2], padding=[1, 2]),
        of_torch("mean rounded up", 7, (1, 2, 8, 10), "average",
                 lambda x: functional.avg_pool2d(x, 3, 2, 1, ceil_mode=True), kernel=[3, 3], stride=[2, 2],
                 padding=[1, 1], ceil=True, count_padding=True),
        of_torch("of three axes", 8, (1, 2, 4, 5, 6), "average", lambda x: functional.avg_pool3d(x, 2), kernel=[2, 2, 2]),
        of_keras("Keras, valid", 9, (2, 9, 3), layers.MaxPooling1D(2, 3)),
        of_keras("Keras, same", 10, (2, 8, 7, 3), layers.MaxPooling2D((3, 2), (2, 2), "same")),
        of_keras("Keras, mean, same", 11, (2, 8, 7, 3), layers.AveragePooling2D(3, (1, 2), "same")),
        of_torch("mean, same, unequal sides", 12, (2, 3, 9), "average", unequal, kernel=[4], stride=[2],
                 padding="same"),
    ]
