"""group_norm."""

import torch.nn.functional as functional

from .case import Numbers, case


def group(name, seed, shape, groups, epsilon):
    numbers = Numbers(seed)
    x, weight, bias = numbers(*shape), numbers(shape[1]), numbers(shape[1])
    node = {"name": "y", "operation": "group_norm", "input": "x", "groups": groups, "epsilon": epsilon}
    axes = {"x": ["batch", {"channels": shape[1]}] + [f"length_{i}" for i in range(len(shape) - 2)]}
    return case(name, [node], {"x": x}, {"y": functional.group_norm(x, groups, weight, bias, epsilon)},
                {"y.weight": weight, "y.bias": bias}, axes=axes)


def cases():
    return [group("each channel by itself, as wav2vec2", 100, (2, 4, 9), 4, 1e-5),
            group("two groups of an image", 101, (2, 6, 3, 4), 2, 1e-3), group("one group", 102, (1, 3, 5), 1, 0.5)]
