"""Models as people build them: of many layers, with models within, several inputs and outputs."""

import numpy as np

RANDOM = np.random.default_rng(2)
TOKENS = np.array([[5, 3, 9, 1, 0, 0, 0, 0], [2, 7, 7, 4, 10, 6, 1, 3]])
TARGETS = np.array([[1, 8, 2, 0, 0], [1, 3, 9, 6, 0]])
SERIES = RANDOM.normal(size=(2, 24, 3)).astype("float32")
PICTURES = RANDOM.normal(size=(2, 16, 16, 3)).astype("float32")


def encoder(keras, x, name, heads=2, width=6, inner=10, causal=False, before=False):
    layers = keras.layers
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_1")(x) if before else x
    y = layers.MultiHeadAttention(heads, width // heads, dropout=0.1, name=f"{name}_attention")(y, y, use_causal_mask=causal)
    x = layers.Add(name=f"{name}_add_1")([x, layers.Dropout(0.1)(y)])
    if not before:
        x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_1")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_2")(x) if before else x
    y = keras.Sequential([layers.Dense(inner, activation="gelu"), layers.Dense(width)], name=f"{name}_ffn")(y)
    x = layers.Add(name=f"{name}_add_2")([x, layers.Dropout(0.1)(y)])
    return x if before else layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_2")(x)


def cases(keras):
    layers = keras.layers

    def classifier():
        ids = keras.Input((None,), dtype="int32", name="tokens")
        x = layers.Embedding(12, 6, mask_zero=True)(ids)
        for number in range(2):
            x = encoder(keras, x, f"block_{number}")
        x = layers.GlobalAveragePooling1D()(x)
        x = layers.Dense(5, activation="relu")(layers.Dropout(0.1)(x))
        return keras.Model(ids, layers.Dense(3, activation="softmax", name="label")(x)), {"tokens": TOKENS}

    def translator():
        source = keras.Input((None,), dtype="int64", name="source")
        target = keras.Input((None,), dtype="int64", name="target")
        memory = layers.Embedding(12, 6, mask_zero=True, name="source_embedding")(source)
        memory = encoder(keras, memory, "encoder")
        x = layers.Embedding(14, 6, mask_zero=True, name="target_embedding")(target)
        y = layers.MultiHeadAttention(2, 3, name="own")(x, x, use_causal_mask=True)
        x = layers.LayerNormalization()(x + y)
        y = layers.MultiHeadAttention(2, 3, name="cross")(query=x, value=memory, key=memory)
        x = layers.LayerNormalization()(layers.add([x, y]))
        return keras.Model([source, target], layers.Dense(14, name="words")(x)), {"source": TOKENS, "target": TARGETS}

    def vision():
        picture = keras.Input((16, 16, 3), name="picture")
        x = layers.Rescaling(1 / 2.0)(picture)
        x = layers.Conv2D(6, 4, strides=4, padding="valid", name="patches")(x)
        x = layers.Reshape((16, 6))(x)
        x = encoder(keras, x, "block_0", before=True)
        x = encoder(keras, x, "block_1", before=True)
        x = layers.LayerNormalization()(x)
        features = layers.Flatten()(x)
        return keras.Model(picture, [layers.Dense(4, name="classes")(features), layers.Dense(2, name="other")(x[:, 0])]), {
            "picture": PICTURES}

    def series():
        x = inputs = keras.Input(SERIES.shape[1:], name="series")
        for _ in range(2):
            y = layers.MultiHeadAttention(key_dim=4, num_heads=2, dropout=0.25)(x, x)
            x = layers.LayerNormalization(epsilon=1e-6)(layers.Dropout(0.25)(y)) + x
            y = layers.Conv1D(filters=4, kernel_size=1, activation="relu")(x)
            y = layers.Conv1D(filters=3, kernel_size=1)(layers.Dropout(0.25)(y))
            x = layers.LayerNormalization(epsilon=1e-6)(y) + x
        x = layers.GlobalAveragePooling1D(data_format="channels_last")(x)
        return keras.Model(inputs, layers.Dense(2, activation="softmax")(x)), {"series": SERIES}

    def seq2seq():
        source = keras.Input((None,), dtype="int32", name="source")
        target = keras.Input((None,), dtype="int32", name="target")
        memory, h, c = layers.LSTM(5, return_sequences=True, return_state=True, name="encoder")(
            layers.Embedding(12, 4, mask_zero=True)(source))
        x = layers.LSTM(5, return_sequences=True, name="decoder")(
            layers.Embedding(14, 4, mask_zero=True)(target), initial_state=[h, c])
        y = layers.AdditiveAttention(name="attention")([x, memory])
        x = layers.Concatenate()([x, y])
        return keras.Model([source, target], layers.TimeDistributed(layers.Dense(14, activation="softmax"))(x)), {
            "source": TOKENS, "target": TARGETS}

    def tagger():
        return keras.Sequential([
            keras.Input((None,), dtype="int32", name="words"), layers.Embedding(12, 5, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.Dropout(0.3),
            layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum"),
            layers.TimeDistributed(layers.Dense(4, activation="softmax"))]), {"words": TOKENS}

    def pictures():
        model = keras.Sequential([keras.Input((16, 16, 3), name="picture")])
        for width in (4, 6):
            model.add(layers.Conv2D(width, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.ReLU())
            model.add(layers.MaxPooling2D())
        model.add(layers.SeparableConv2D(5, 3, activation="swish"))
        model.add(layers.GlobalAveragePooling2D())
        model.add(layers.Dense(3, activation="softmax"))
        return model, {"picture": PICTURES}

    def nested():
        x = keras.Input((6,), name="x")
        inner = keras.Model(x, [layers.Dense(4, activation="tanh")(x), layers.Dense(2)(x)], name="inner")
        shared = layers.Dense(6, name="shared")
        a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
        first, second = inner(shared(a)), inner(shared(b))
        frozen = layers.BatchNormalization(name="frozen", trainable=False)(layers.Multiply()([first[0], second[0]]))
        return keras.Model({"a": a, "b": b}, {"joined": layers.Concatenate()([frozen, first[1]]), "second": second[1]}), {
            "a": SERIES[:, 0, :].repeat(2, -1), "b": SERIES[:, 1, :].repeat(2, -1)}

    def by_name():
        p, q = keras.Input((6,), name="p"), keras.Input((6,), name="q")
        inner = keras.Model({"p": p, "q": q}, {"joined": layers.Dense(3)(layers.Concatenate()([p, q])), "less": layers.Dense(3)(layers.Subtract()([p, q]))})
        a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
        first, second = inner({"p": a, "q": b}), inner({"q": a, "p": b})
        return keras.Model([a, b], {"first": first["joined"], "second": second["less"], "sum": layers.Add()([first["less"], second["less"]])}), {
            "a": SERIES[:, 0, :].repeat(2, -1), "b": SERIES[:, 1, :].repeat(2, -1)}

    return {f.__name__: f for f in (by_name, classifier, translator, vision, series, seq2seq, tagger, pictures, nested)}
