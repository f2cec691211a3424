"""group_norm and batch_norm."""

import torch
import torch.nn.functional as functional

from .case import Numbers, case
from .keras_layers import built, keras


def group(name, seed, shape, groups, epsilon):
    numbers = Numbers(seed)
    x, weight, bias = numbers(*shape), numbers(shape[1]), numbers(shape[1])
    node = {"name": "y", "operation": "group_norm", "input": "x", "groups": groups, "epsilon": epsilon}
    axes = {"x": ["batch", {"channels": shape[1]}] + [f"length_{i}" for i in range(len(shape) - 2)]}
    return case(name, [node], {"x": x}, {"y": functional.group_norm(x, groups, weight, bias, epsilon)},
                {"y.weight": weight, "y.bias": bias}, axes=axes)


def exactly(near, exact):
    """The exact value of what Keras computed in float32."""
    assert torch.allclose(near.double(), exact, atol=1e-5), (near - exact).abs().max()
    return exact


def last(numbers):
    """Keras's channels are last; weights may be left out."""
    x = numbers(2, 3, 4, 6)
    layer = keras.layers.GroupNormalization(3)
    near = built(layer, x, numbers=numbers)
    plain = keras.layers.GroupNormalization(2, axis=2, center=False, scale=False)(x)
    # Keras computes both in float32 whatever the precision.
    weight, bias = (value.value for value in layer.weights)
    a = exactly(near, functional.group_norm(x.movedim(-1, 1), 3, weight, bias, 1e-3).movedim(1, -1))
    b = exactly(plain, functional.group_norm(x.movedim(2, 1), 2, None, None, 1e-3).movedim(1, 2))
    nodes = [{"name": "a", "operation": "group_norm", "input": "x", "groups": 3, "epsilon": 1e-3, "axis": -1},
             {"name": "b", "operation": "group_norm", "input": "x", "groups": 2, "epsilon": 1e-3, "axis": 2,
              "weight": False, "bias": False}]
    return case("of channels elsewhere", nodes, {"x": x}, {"a": a, "b": b}, {"a.weight": weight, "a.bias": bias},
                axes={"x": ["batch", "height", 4, 6]})


def batch(numbers):
    x, mean, variance, weight, bias = numbers(2, 5, 3, 4), numbers(5), numbers(5).abs() + 0.25, numbers(5), numbers(5)
    nodes = [{"name": "a", "operation": "batch_norm", "input": "x", "epsilon": 1e-5},
             {"name": "b", "operation": "batch_norm", "input": "x", "epsilon": 1e-5, "weight": False, "bias": False},
             {"name": "c", "operation": "batch_norm", "input": "x", "epsilon": 1e-3, "axis": -1}]
    layer = keras.layers.BatchNormalization(scale=False)
    near = built(layer, x, numbers=lambda *shape, within: numbers(*shape).abs() + 0.25)
    offset, moving, spread = (weight.value for weight in layer.weights)
    last = exactly(near, (x - moving) / (spread + 1e-3).sqrt() + offset)
    roles = {"c.bias": offset, "c.mean": moving, "c.variance": spread}
    nodes[2]["weight"] = False
    outputs = {"a": functional.batch_norm(x, mean, variance, weight, bias), "c": last,
               "b": functional.batch_norm(x, mean, variance)}
    parameters = {"a.mean": mean, "a.variance": variance, "a.weight": weight, "a.bias": bias, "b.mean": mean,
                  "b.variance": variance}
    return case("batch_norm", nodes, {"x": x}, outputs, parameters | roles,
                axes={"x": ["batch", 5, "height", 4]})


def cases():
    return [group("each channel by itself, as wav2vec2", 100, (2, 4, 9), 4, 1e-5),
            group("two groups of an image", 101, (2, 6, 3, 4), 2, 1e-3), group("one group", 102, (1, 3, 5), 1, 0.5), last(Numbers(103)),
            batch(Numbers(104))]
