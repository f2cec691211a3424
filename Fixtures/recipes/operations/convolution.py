"""convolution, over one to three axes, and transposed."""

import torch.nn.functional as functional

from .case import Numbers, case
from .keras_layers import built, keras


def one(name, seed, shape, width, kernel, bias=True, sides=None, **settings):
    numbers = Numbers(seed)
    groups = settings.get("groups", 1)
    x = numbers(*shape)
    weight, offsets = numbers(width, shape[1] // groups, *kernel, within=1), numbers(width) if bias else None
    convolve = functional.conv1d if len(kernel) == 1 else functional.conv2d
    y = convolve(functional.pad(x, sides[0]) if sides else x, weight, offsets, **settings)
    node = {"name": "y", "operation": "convolution", "input": "x", "width": width, "kernel": kernel, **settings}
    node |= {"padding": sides} if sides else {}
    parameters = {"y.weight": weight, "y.bias": offsets} if bias else {"y.weight": weight}
    axes = {"x": ["batch", {"channels": shape[1]}] + [f"length_{i}" for i in range(len(kernel))]}
    return case(name, [node if bias else {**node, "bias": False}], {"x": x}, {"y": y}, parameters, axes=axes)


def torch_3d(seed):
    numbers = Numbers(seed)
    x, weight, bias = numbers(1, 2, 4, 5, 3), numbers(3, 2, 2, 3, 2, within=1), numbers(3)
    node = {"name": "y", "operation": "convolution", "input": "x", "width": 3, "kernel": [2, 3, 2],
            "stride": [2, 1, 1], "padding": [1, 0, 2]}
    y = functional.conv3d(x, weight, bias, stride=(2, 1, 1), padding=(1, 0, 2))
    return case("three axes", [node], {"x": x}, {"y": y}, {"y.weight": weight, "y.bias": bias},
                axes={"x": ["batch", {"channels": 2}, "depth", "height", "width"]})


def transposed(name, seed, shape, width, kernel, **settings):
    numbers = Numbers(seed)
    x = numbers(*shape)
    weight, offsets = numbers(shape[1], width // settings.get("groups", 1), *kernel, within=1), numbers(width)
    convolve = functional.conv_transpose1d if len(kernel) == 1 else functional.conv_transpose2d
    y = convolve(x, weight, offsets, **settings)
    node = {"name": "y", "operation": "convolution", "transposed": True, "input": "x", "width": width,
            "kernel": kernel, **settings}
    axes = {"x": ["batch", {"channels": shape[1]}] + [f"length_{i}" for i in range(len(kernel))]}
    return case(name, [node], {"x": x}, {"y": y}, {"y.weight": weight, "y.bias": offsets}, axes=axes)


def of_keras(name, seed, shape, layer, order, **settings):
    """order: for each axis of our weight, that of Keras's kernel."""
    numbers = Numbers(seed)
    x = numbers(*shape)
    y = built(layer, x, numbers=numbers)
    config = layer.get_config()
    kernel, bias = (weight.value for weight in layer.weights)
    node = {"name": "y", "operation": "convolution", "input": "x", "width": bias.shape[0], "channels": "last",
            "kernel": list(config["kernel_size"]), "stride": list(config["strides"]), "padding": config["padding"],
            "dilation": list(config["dilation_rate"]), "groups": config.get("groups", 1)} | settings
    ours = kernel.permute(order)
    if "Depthwise" in type(layer).__name__:
        ours = ours.reshape(-1, 1, *config["kernel_size"])
    return case(name, [node], {"x": x}, {"y": y}, {"y.weight": ours, "y.bias": bias})


def keras_cases():
    layers = keras.layers
    return [
        of_keras("Keras, one axis", 30, (2, 9, 4), layers.Conv1D(6, 3, 2), (2, 1, 0)),
        of_keras("Keras, causal", 31, (2, 9, 4), layers.Conv1D(6, 3, padding="causal", dilation_rate=2), (2, 1, 0)),
        of_keras("Keras, same", 32, (2, 8, 7, 4), layers.Conv2D(6, (4, 3), (3, 2), "same", groups=2), (3, 2, 0, 1)),
        of_keras("Keras, same, dilated", 33, (1, 8, 7, 2), layers.Conv2D(3, (2, 3), padding="same", dilation_rate=3),
                 (3, 2, 0, 1)),
        of_keras("Keras, three axes", 34, (1, 4, 5, 6, 2), layers.Conv3D(3, 2), (4, 3, 0, 1, 2)),
        of_keras("Keras, by channel", 35, (2, 7, 6, 3), layers.DepthwiseConv2D((3, 2), depth_multiplier=2),
                 (2, 3, 0, 1), groups=3),
        of_keras("Keras, transposed", 36, (2, 5, 4), layers.Conv1DTranspose(3, 4, 2), (2, 1, 0), transposed=True),
        of_keras("Keras, transposed, gaps", 37, (2, 5, 4), layers.Conv1DTranspose(3, 2, 3), (2, 1, 0), transposed=True,
                 output_padding=[1]),
        of_keras("Keras, transposed, same", 38, (2, 5, 4, 3), layers.Conv2DTranspose(2, (3, 4), (2, 3), "same"),
                 (3, 2, 0, 1), transposed=True),
    ]


def cases():
    return [
        one("patches of an image", 1, (2, 3, 8, 12), 5, [4, 4], stride=[4, 4]),
        one("patches that leave a rest", 2, (2, 3, 9, 7), 4, [4, 3], stride=[4, 3], bias=False),
        one("whisper's first", 3, (2, 5, 11), 6, [3], padding=[1]),
        one("whisper's second", 4, (2, 6, 11), 6, [3], stride=[2], padding=[1]),
        one("wav2vec2's positions", 5, (2, 8, 9), 8, [6], padding=[3], groups=4),
        one("by channel", 6, (1, 6, 7, 5), 12, [3, 2], padding=[1, 0], groups=6),
        one("dilated", 7, (2, 4, 13), 3, [3], dilation=[4], padding=[2], stride=[2]),
        one("dilated in two axes", 8, (1, 2, 9, 8), 3, [3, 2], dilation=[2, 3], padding=[3, 1], stride=[1, 2]),
        one("a kernel of one", 9, (2, 4, 5), 3, [1]),
        one("more padding than input", 10, (1, 2, 3), 2, [5], padding=[4]),
        one("large enough to be shared out", 11, (2, 8, 12, 12), 16, [5, 5], padding=[2, 2], groups=2,
            stride=[2, 2]),
        torch_3d(12),
        one("unequal sides", 13, (2, 3, 8), 4, [3], sides=[[2, 1]]),
        transposed("transposed", 20, (2, 4, 5), 3, [3], stride=[2], padding=[1], output_padding=[1]),
        transposed("transposed in groups", 21, (2, 4, 5, 4), 6, [3, 2], stride=[3, 1], dilation=[2, 3], groups=2),
        *keras_cases(),
    ]
