"""The model of Keras's example "Timeseries classification with a Transformer model"."""

import keras
from keras import layers


def encoder(inputs, head_size, heads, width, dropout):
    x = layers.MultiHeadAttention(key_dim=head_size, num_heads=heads, dropout=dropout)(inputs, inputs)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Dropout(dropout)(x))
    middle = x + inputs
    x = layers.Conv1D(filters=width, kernel_size=1, activation="relu")(middle)
    x = layers.Conv1D(filters=inputs.shape[-1], kernel_size=1)(layers.Dropout(dropout)(x))
    return layers.LayerNormalization(epsilon=1e-6)(x) + middle


def model(length=30):
    inputs = keras.Input(shape=(length, 1), name="series")
    x = inputs
    for _ in range(2):
        x = encoder(x, 16, 4, 4, 0.25)
    x = layers.GlobalAveragePooling1D(data_format="channels_last")(x)
    x = layers.Dropout(0.4)(layers.Dense(12, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(2, activation="softmax", name="classes")(x))
