"""What Keras makes of the same systems: its recurrent layers, its attentions, its convolutions and norms."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

from crosswalk_recorder import record  # noqa: E402

from . import System  # noqa: E402
from .byhand import CONVOLUTIONS, NORMS  # noqa: E402
from .recurrent import ROW as RECURRENT  # noqa: E402
from .translation import ROW as TRANSLATION  # noqa: E402

BATCH, SOURCES, TARGETS, WIDTH = 3, 19, 17, 8


def saved(folder, model, inputs):
    """Random weights, saved as Keras does, and what it computes."""
    random = np.random.default_rng(1)
    for variable in model.weights:
        name = variable.path.rpartition("/")[2]
        if "variance" in name:
            variable.assign(random.uniform(0.5, 2, variable.shape))
        elif "seed" not in variable.path:
            variable.assign((1 if name.startswith(("gamma", "scale")) else 0) + random.normal(size=variable.shape) * 0.4)
    model.save(folder / "model.keras")
    record(model, inputs, folder / "fixture.h5")


def tokens(*shape, below, seed=0):
    return np.random.default_rng(seed).integers(1, below, shape)


def sequence(*stack, classes=4):
    def make(folder):
        model = keras.Sequential([keras.Input((None,), dtype="int32", name="tokens"), layers.Embedding(SOURCES, 5),
                                  *(layer() for layer in stack), layers.Dense(classes)])
        saved(folder, model, {"tokens": tokens(BATCH, 7, below=SOURCES)})
    return make


def translator(attention, cell="LSTM"):
    """An encoder whose last states begin the decoder, and attention over its outputs."""
    def make(folder):
        source = keras.Input((None,), dtype="int32", name="source")
        target = keras.Input((None,), dtype="int32", name="target")
        made, *states = getattr(layers, cell)(WIDTH, return_sequences=True, return_state=True)(
            layers.Embedding(SOURCES, WIDTH)(source))
        x = getattr(layers, cell)(WIDTH, return_sequences=True)(layers.Embedding(TARGETS, WIDTH)(target), initial_state=states)
        if attention:
            x = layers.Concatenate()([x, attention()([x, made])])
        model = keras.Model([source, target], layers.Dense(TARGETS, activation="softmax")(x))
        saved(folder, model, {"source": tokens(BATCH, 7, below=SOURCES), "target": tokens(BATCH, 5, below=TARGETS, seed=1)})
    return make


def system(row, name, make):
    return System(row, f"Keras: {name}", make)


SYSTEMS = [
    system(RECURRENT, "SimpleRNN, every step", sequence(lambda: layers.SimpleRNN(6, return_sequences=True))),
    system(RECURRENT, "LSTM, stacked, bidirectional", sequence(
        lambda: layers.Bidirectional(layers.LSTM(6, return_sequences=True)), lambda: layers.LSTM(4))),
    system(RECURRENT, "GRU, one to N", sequence(
        lambda: layers.GRU(6), lambda: layers.RepeatVector(5), lambda: layers.GRU(4, return_sequences=True))),
    system(TRANSLATION, "LSTM without attention", translator(None)),
    system(TRANSLATION, "LSTM, AdditiveAttention", translator(layers.AdditiveAttention)),
    system(TRANSLATION, "LSTM, Attention", translator(layers.Attention)),
    system(TRANSLATION, "GRU, Attention of scaled dots", translator(lambda: layers.Attention(use_scale=True), "GRU")),
    system(CONVOLUTIONS, "Conv1D, causal and dilated", sequence(
        lambda: layers.Conv1D(6, 3, padding="causal", activation="relu"),
        lambda: layers.Conv1D(6, 3, padding="causal", dilation_rate=2), lambda: layers.GlobalMaxPooling1D())),
    *(system(NORMS, name, sequence(make)) for name, make in {
        "LayerNormalization": layers.LayerNormalization, "BatchNormalization": layers.BatchNormalization,
        "RMSNormalization": layers.RMSNormalization, "GroupNormalization": lambda: layers.GroupNormalization(5)}.items()),
]
