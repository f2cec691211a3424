"""The operations of keras.ops as they stand between layers."""

import numpy as np

from .layers import SEQUENCE


def cases(keras):
    """Builders by name; each gives a model of operations between two layers, and its inputs."""
    ops = keras.ops
    table = {
        "add": lambda a, b: a + b, "add_number": lambda a, b: 1.5 + a, "subtract": lambda a, b: 2.0 - a,
        "multiply": lambda a, b: a * b * 0.5, "divide": lambda a, b: a / (b * b + 1.0), "power": lambda a, b: a ** 2,
        "negative": lambda a, b: -a, "array": lambda a, b: a + np.arange(5, dtype="float32"),
        "matmul": lambda a, b: ops.matmul(a, ops.transpose(b, (0, 2, 1))), "einsum": lambda a, b: ops.einsum("bij,bkj->bik", a, b),
        "reshape": lambda a, b: ops.reshape(a, (-1, 30)), "reshape_open": lambda a, b: ops.reshape(a, (-1, 3, 10)),
        "swapaxes": lambda a, b: ops.swapaxes(a, 1, 2), "expand": lambda a, b: ops.expand_dims(a, 1),
        "expand_last": lambda a, b: ops.expand_dims(a, -1), "squeeze": lambda a, b: ops.squeeze(ops.expand_dims(a, 2), 2),
        "split": lambda a, b: ops.split(a, 3, axis=1)[1], "split_at": lambda a, b: ops.split(a, [2, 3], axis=-1),
        "softmax": lambda a, b: ops.softmax(a, axis=1), "log_softmax": lambda a, b: ops.log_softmax(a), "sparsemax": lambda a, b: ops.sparsemax(a, axis=1),
        "item": lambda a, b: a[:, 0], "item_last": lambda a, b: a[:, -1, :], "item_slices": lambda a, b: a[:, 1:3, ::2],
        "item_end": lambda a, b: a[..., -1], "item_new": lambda a, b: a[..., None], "item_second": lambda a, b: a[:, None],
        "mean": lambda a, b: ops.mean(a, axis=1, keepdims=True), "sum": lambda a, b: ops.sum(a, axis=(1, 2)),
        "max": lambda a, b: ops.max(a, axis=-1), "var": lambda a, b: ops.var(a, axis=-1), "std": lambda a, b: ops.std(a, axis=-1),
        "concatenate": lambda a, b: ops.concatenate([a, b], axis=1), "stack": lambda a, b: ops.stack([a, b], axis=1),
        "where": lambda a, b: ops.where(a > 0, a, 0.25), "compare": lambda a, b: ops.where(ops.logical_and(a > 0, b < 1), a, b),
        "maximum": lambda a, b: ops.maximum(a, 0.0), "clip": lambda a, b: ops.clip(a, -1, 1), "ones": lambda a, b: a + ops.ones_like(b),
        "flip": lambda a, b: ops.flip(a, axis=1), "pad": lambda a, b: ops.pad(a, ((0, 0), (1, 2), (0, 0))), "tile": lambda a, b: ops.tile(a, (1, 2, 1)),
        "take": lambda a, b: ops.take(a, [0, 2], axis=1), "cumsum": lambda a, b: ops.cumsum(a, axis=1), "roll": lambda a, b: ops.roll(a, 2, axis=1),
        "stack_last": lambda a, b: ops.stack([a, b], axis=-1), "item_among": lambda a, b: a[:, None, :, 1], "normalize": lambda a, b: ops.normalize(a),
        "unstack": lambda a, b: ops.unstack(a, axis=1)[1], "one_hot": lambda a, b: ops.one_hot(ops.argmax(a, axis=-1), 5),
        "repeat": lambda a, b: ops.repeat(a, 2, axis=1),
        **{name: (lambda name: lambda a, b: getattr(ops, name)(a))(name) for name in (
            "gelu", "relu", "silu", "tanh", "sigmoid", "exp", "square", "abs", "sin", "cos", "softplus", "leaky_relu")},
        "sqrt": lambda a, b: ops.sqrt(ops.abs(a)),
    }

    def build(function):
        x = keras.Input(SEQUENCE.shape[1:], name="x")
        outputs = function(keras.layers.Dense(5)(x), keras.layers.Dense(5)(x))
        return keras.Model(x, outputs), {"x": SEQUENCE}
    return {name: (lambda function: lambda: build(function))(function) for name, function in table.items()}
