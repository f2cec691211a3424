"""layer_norm and rms_norm, over the last axis and over heads."""

import torch.nn.functional as functional

from .case import Numbers, case


def one(name, operation, expected, parameters, x, **settings):
    node = {"name": "y", "operation": operation, "input": "x", "epsilon": 0.0625, **settings}
    return case(name, [node], {"x": x}, {"y": expected}, {f"y.{key}": value for key, value in parameters.items()})


def cases():
    numbers = Numbers(1)
    x = numbers(2, 3, 24)
    wide, bias, part = numbers(24), numbers(24), numbers(8)
    heads = x.reshape(2, 3, 3, 8)

    def layer(x, weight=None, bias=None):
        return functional.layer_norm(x, x.shape[-1:], weight, bias, 0.0625).reshape(2, 3, 24)

    def rms(x, weight=None):
        return functional.rms_norm(x, x.shape[-1:], weight, 0.0625).reshape(2, 3, 24)

    def sample(x):  # The Annotated Transformer's
        return ((x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 0.0625)).reshape(2, 3, 24)

    return [
        one("layer over the deviation", "layer_norm", sample(x) * wide + bias, {"weight": wide, "bias": bias}, x,
            spread="deviation"),
        one("layer by heads over the deviation", "layer_norm", sample(heads) * wide, {"weight": wide}, x, bias=False,
            spread="deviation", groups=3, shared=False),
        one("layer", "layer_norm", layer(x, wide, bias), {"weight": wide, "bias": bias}, x),
        one("layer without bias", "layer_norm", layer(x, wide), {"weight": wide}, x, bias=False),
        one("layer without weight", "layer_norm", layer(x), {}, x, weight=False),
        one("layer with a bias only", "layer_norm", layer(x, None, bias), {"bias": bias}, x, weight=False, bias=True),
        one("layer by heads", "layer_norm", layer(heads, part), {"weight": part}, x, bias=False, groups=3),
        one("layer by heads of their own", "layer_norm", layer(heads) * wide + bias, {"weight": wide, "bias": bias}, x,
            groups=3, shared=False),
        one("rms", "rms_norm", rms(x, wide), {"weight": wide}, x),
        one("rms around one", "rms_norm", rms(x, 1 + wide), {"weight": wide}, x, offset=1),
        one("rms without weight", "rms_norm", rms(x), {}, x, weight=False),
        one("rms by heads", "rms_norm", rms(heads, part), {"weight": part}, x, groups=3),
        one("rms by heads of their own", "rms_norm", rms(heads) * (0.5 + wide), {"weight": wide}, x, groups=3,
            shared=False, offset=0.5),
    ]
