"""TensorFlow's functions as they stand between layers of Keras 2."""

import numpy as np

from .layers import SEQUENCE, TOKENS


def cases(keras, tf):
    """Builders by name; each gives a model of functions between two layers, and its inputs."""
    table = {
        "add": lambda a, b, i: a + b, "add_number": lambda a, b, i: 1.5 + a, "subtract": lambda a, b, i: 2 - a, "multiply": lambda a, b, i: a * b * 0.5,
        "divide": lambda a, b, i: a / (b * b + 1.0), "divide_number": lambda a, b, i: a / 3.0, "power": lambda a, b, i: a ** 2, "negative": lambda a, b, i: -a,
        "array": lambda a, b, i: a + np.arange(5, dtype="float32"), "remainder": lambda a, b, i: a % 2.0, "absolute": lambda a, b, i: abs(a),
        "matmul": lambda a, b, i: a @ tf.transpose(b, (0, 2, 1)), "matmul_transposed": lambda a, b, i: tf.matmul(a, b, transpose_b=True),
        "reshape": lambda a, b, i: tf.reshape(a, (-1, 30)), "reshape_open": lambda a, b, i: tf.reshape(a, (-1, 3, 10)),
        "concat": lambda a, b, i: tf.concat([a, b], axis=-1), "stack": lambda a, b, i: tf.stack([a, b], axis=1), "stack_last": lambda a, b, i: tf.stack([a, b], axis=-1),
        "split": lambda a, b, i: tf.split(a, 3, axis=1)[1], "split_sizes": lambda a, b, i: tf.split(a, [2, 1, 2], axis=-1), "unstack": lambda a, b, i: tf.unstack(a, axis=1)[2],
        "expand": lambda a, b, i: tf.expand_dims(a, 1), "squeeze": lambda a, b, i: tf.squeeze(tf.expand_dims(a, -1), [-1]),
        "mean": lambda a, b, i: tf.reduce_mean(a, axis=1), "sum": lambda a, b, i: tf.reduce_sum(a, axis=[1, 2], keepdims=True), "max": lambda a, b, i: tf.reduce_max(a, 1),
        "variance": lambda a, b, i: tf.math.reduce_variance(a, -1), "deviation": lambda a, b, i: tf.math.reduce_std(a, -1), "logsumexp": lambda a, b, i: tf.reduce_logsumexp(a, -1),
        "softmax": lambda a, b, i: tf.nn.softmax(a, axis=1), "log_softmax": lambda a, b, i: tf.nn.log_softmax(a), "gelu": lambda a, b, i: tf.nn.gelu(a),
        "gelu_tanh": lambda a, b, i: tf.nn.gelu(a, approximate=True), "leaky_relu": lambda a, b, i: tf.nn.leaky_relu(a), "relu": lambda a, b, i: tf.nn.relu(a),
        "silu": lambda a, b, i: tf.nn.silu(a), "sigmoid": lambda a, b, i: tf.nn.sigmoid(a), "softplus": lambda a, b, i: tf.nn.softplus(a), "elu": lambda a, b, i: tf.nn.elu(a),
        "sqrt": lambda a, b, i: tf.sqrt(tf.square(a) + 0.1), "rsqrt": lambda a, b, i: tf.math.rsqrt(tf.exp(a)), "sin": lambda a, b, i: tf.sin(a), "identity": lambda a, b, i: tf.identity(a),
        "stop": lambda a, b, i: tf.stop_gradient(a), "where": lambda a, b, i: tf.where(a > 0, a, 0.25), "where_both": lambda a, b, i: tf.where(tf.logical_and(a > b, a < 1.0), a, b),
        "maximum": lambda a, b, i: tf.maximum(a, 0.0), "clip": lambda a, b, i: tf.clip_by_value(a, -1, 1), "ones": lambda a, b, i: a + tf.ones_like(b),
        "tile": lambda a, b, i: tf.tile(a, [1, 2, 1]), "repeat": lambda a, b, i: tf.repeat(a, 2, axis=1), "reverse": lambda a, b, i: tf.reverse(a, axis=[1]), "roll": lambda a, b, i: tf.roll(a, 2, axis=1),
        "pad": lambda a, b, i: tf.pad(a, [[0, 0], [1, 2], [0, 0]]), "one_hot": lambda a, b, i: tf.one_hot(i, 11), "gather": lambda a, b, i: tf.gather(a, [0, 2], axis=1),
        "cumsum": lambda a, b, i: tf.cumsum(a, axis=1), "l2_normalize": lambda a, b, i: tf.math.l2_normalize(a, -1), "mask": lambda a, b, i: tf.cast(i > 0, "float32")[:, :, None] * a,
        "item": lambda a, b, i: a[:, 0], "item_slices": lambda a, b, i: a[:, 1:3, ::2], "item_new": lambda a, b, i: a[:, None],
        "backend": lambda a, b, i: keras.backend.mean(a, axis=1),
    }

    def build(function):
        x, ids = keras.Input(SEQUENCE.shape[1:], name="x"), keras.Input((6,), dtype="int32", name="ids")
        first = keras.layers.Dense(5)(x)
        outputs = function(first, keras.layers.Dense(5)(first), ids)
        return keras.Model([x, ids], outputs), {"x": SEQUENCE, "ids": TOKENS}
    return {name: (lambda function: lambda: build(function))(function) for name, function in table.items()}
