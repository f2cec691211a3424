"""activation with its options, prelu, glu and softmax: what torch and Keras compute."""

import torch
import torch.nn.functional as functional

from .case import Numbers, case
from .keras_layers import keras


def activation(name, x, y, **settings):
    return {"name": name, "operation": "activation", "input": x, **settings}, y


def many(name, x, pairs):
    """pairs: (node, expected) by name."""
    nodes = [{"name": key, "operation": "activation", "input": "x", **settings} for key, (settings, _) in pairs.items()]
    return case(name, nodes, {"x": x}, {key: y for key, (_, y) in pairs.items()})


def of_torch(x):
    plain = {
        "mish": functional.mish, "softplus": functional.softplus, "elu": functional.elu, "celu": functional.celu,
        "selu": functional.selu, "softsign": functional.softsign, "hard_tanh": functional.hardtanh,
        "tanh_shrink": functional.tanhshrink, "soft_shrink": functional.softshrink,
        "hard_shrink": functional.hardshrink, "hard_sigmoid": functional.hardsigmoid,
        "hard_swish": functional.hardswish, "log_sigmoid": functional.logsigmoid, "relu6": functional.relu6,
        "leaky_relu": functional.leaky_relu, "negative": torch.neg, "absolute": torch.abs, "sign": torch.sign,
        "square": torch.square, "expm1": torch.expm1, "sin": torch.sin, "cos": torch.cos, "erf": torch.erf,
        "floor": torch.floor, "ceil": torch.ceil, "round": torch.round, "exp": torch.exp}
    pairs = {name: ({"function": name}, function(x)) for name, function in plain.items()}
    pairs |= {
        "slope": ({"function": "leaky_relu", "slope": 0.3}, functional.leaky_relu(x, 0.3)),
        "soft": ({"function": "softplus", "beta": 2, "threshold": 3}, functional.softplus(x, 2, 3)),
        "elu_of": ({"function": "elu", "alpha": 0.7}, functional.elu(x, 0.7)),
        "celu_of": ({"function": "celu", "alpha": 0.7}, functional.celu(x, 0.7)),
        "held": ({"function": "hard_tanh", "minimum": -0.5, "maximum": 2}, functional.hardtanh(x, -0.5, 2)),
        "shrunk": ({"function": "soft_shrink", "threshold": 1}, functional.softshrink(x, 1)),
        "cut": ({"function": "hard_shrink", "threshold": 1}, functional.hardshrink(x, 1)),
        "above": ({"function": "threshold", "threshold": 0.5, "value": -3}, functional.threshold(x, 0.5, -3)),
        "old": ({"function": "hard_sigmoid", "slope": 0.2}, (0.2 * x + 0.5).clip(0, 1))}
    return many("torch", x, pairs)


def of_keras(x):
    activations = keras.activations
    plain = {"sparse_plus": activations.sparse_plus, "sparse_sigmoid": activations.sparse_sigmoid,
             "squareplus": activations.squareplus, "hard_sigmoid": activations.hard_sigmoid,
             "hard_tanh": activations.hard_tanh, "log_sigmoid": activations.log_sigmoid}
    pairs = {name: ({"function": name}, function(x)) for name, function in plain.items()}
    for key, options in {"bent": {"slope": 0.25}, "held": {"maximum": 1.5}, "late": {"threshold": 0.5},
                         "all": {"slope": 0.5, "maximum": 1, "threshold": 0.25}}.items():
        names = {"slope": "negative_slope", "maximum": "max_value", "threshold": "threshold"}
        y = activations.relu(x, **{names[option]: value for option, value in options.items()})
        pairs[key] = ({"function": "relu", **options}, y)
    return many("keras", x, pairs)


def positive(numbers):
    x = numbers(3, 7).abs() + 0.25
    plain = {"sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "log": torch.log,
             "log1p": torch.log1p}
    return many("of what is positive", x, {name: ({"function": name}, f(x)) for name, f in plain.items()})


def prelu(numbers):
    x, one, channels, shared = numbers(2, 3, 5, 7), numbers(1), numbers(3), numbers(1, 7)
    nodes = [{"name": "a", "operation": "prelu", "input": "x", "shape": [1]},
             {"name": "b", "operation": "prelu", "input": "x", "shape": [3], "axis": 1},
             {"name": "c", "operation": "prelu", "input": "x", "shape": [1, 7]}]
    outputs = {"a": functional.prelu(x, one), "b": functional.prelu(x, channels),
               "c": x.clip(min=0) + shared * x.clip(max=0)}
    return case("prelu", nodes, {"x": x}, outputs, {"a.weight": one, "b.weight": channels, "c.weight": shared},
                axes={"x": ["batch", 3, "height", 7]})


def glu(numbers):
    x = numbers(2, 6, 10)
    nodes = [{"name": "a", "operation": "glu", "input": "x"},
             {"name": "b", "operation": "glu", "input": "x", "axis": 1},
             {"name": "c", "operation": "glu", "input": "x", "function": "gelu", "gate": "first"},
             {"name": "d", "operation": "glu", "input": "x", "function": {"function": "leaky_relu", "slope": 0.5}}]
    gate, rest = x.chunk(2, -1)
    outputs = {"a": functional.glu(x), "b": functional.glu(x, 1), "c": functional.gelu(gate) * rest,
               "d": gate * functional.leaky_relu(rest, 0.5)}
    return case("glu", nodes, {"x": x}, outputs)


def sparsemax(x):
    """The nearest point of the simplex, by halving the interval that its threshold is in."""
    low, high = x.min(-1, keepdim=True).values - 1, x.max(-1, keepdim=True).values
    for _ in range(100):
        middle = (low + high) / 2
        above = (x - middle).clip(min=0).sum(-1, keepdim=True) > 1
        low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    return (x - low).clip(min=0)


def softmax(numbers):
    x, mask = numbers(2, 3, 5, within=4), torch.tensor([[[1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]]])
    nodes = [{"name": "a", "operation": "softmax", "input": "x"},
             {"name": "b", "operation": "softmax", "input": "x", "axis": 1},
             {"name": "c", "operation": "softmax", "input": "x", "mask": "mask"},
             {"name": "d", "operation": "softmax", "input": "x", "function": "log_softmax", "axis": 0},
             {"name": "e", "operation": "softmax", "input": "x", "function": "cumulative_sparsemax"},
             {"name": "f", "operation": "softmax", "input": "x", "function": "cumulative_sparsemax", "axis": 1},
             {"name": "g", "operation": "softmax", "input": "x", "function": "sparsemax"}]
    outputs = {"a": x.softmax(-1), "b": x.softmax(1), "c": keras.layers.Softmax()(x, mask=mask.bool()),
               "d": x.log_softmax(0), "e": keras.activations.sparsemax(x), "f": keras.activations.sparsemax(x, axis=1),
               "g": sparsemax(x)}
    return case("softmax", nodes, {"x": x, "mask": mask}, outputs)


def cases():
    x = torch.cat([torch.arange(-40, 41).double() / 16, torch.tensor([-30.0, -9.5, 9.5, 30.0]).double()]).reshape(5, 17)
    return [of_torch(x), of_keras(x), positive(Numbers(1)), prelu(Numbers(2)), glu(Numbers(3)), softmax(Numbers(4))]
