"""convolution, over one axis and two."""

import torch.nn.functional as functional

from .case import Numbers, case


def one(name, seed, shape, width, kernel, bias=True, **settings):
    numbers = Numbers(seed)
    groups = settings.get("groups", 1)
    x = numbers(*shape)
    weight, offsets = numbers(width, shape[1] // groups, *kernel, within=1), numbers(width) if bias else None
    convolve = functional.conv1d if len(kernel) == 1 else functional.conv2d
    y = convolve(x, weight, offsets, **settings)
    node = {"name": "y", "operation": "convolution", "input": "x", "width": width, "kernel": kernel, **settings}
    parameters = {"y.weight": weight, "y.bias": offsets} if bias else {"y.weight": weight}
    axes = {"x": ["batch", {"channels": shape[1]}] + [f"length_{i}" for i in range(len(kernel))]}
    return case(name, [node if bias else {**node, "bias": False}], {"x": x}, {"y": y}, parameters, axes=axes)


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
    ]
