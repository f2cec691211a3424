"""One small model for each layer, in its plain and its unusual forms."""

import numpy as np

RANDOM = np.random.default_rng(0)
TOKENS = np.array([[5, 3, 9, 1, 0, 0], [2, 7, 7, 4, 10, 6], [1, 0, 0, 0, 0, 0]])
SEQUENCE = RANDOM.normal(size=(3, 6, 5)).astype("float32")
OTHER = RANDOM.normal(size=(3, 4, 7)).astype("float32")
PICTURE = RANDOM.normal(size=(2, 9, 7, 4)).astype("float32")
VOLUME = RANDOM.normal(size=(2, 5, 6, 4, 3)).astype("float32")
VECTOR = RANDOM.normal(size=(3, 8)).astype("float32") * 3
PAIRS = (RANDOM.random((3, 6, 4)) > 0.4)
PAIRS[..., 0] = True
PADDED = np.where(np.arange(6)[None, :, None] < np.array([4, 6, 2])[:, None, None], SEQUENCE, 0).astype("float32")


def through(keras, layer, values, **arguments):
    """A model of one layer on one input."""
    x = keras.Input(values.shape[1:], name="x")
    return keras.Model(x, layer(x, **arguments)), {"x": values}


def merging(keras, layer, *values):
    inputs = [keras.Input(v.shape[1:], name=f"x{i}") for i, v in enumerate(values)]
    return keras.Model(inputs, layer(inputs)), {f"x{i}": v for i, v in enumerate(values)}


def cases(keras):
    """Builders by name; each gives a model and its inputs."""
    layers, found = keras.layers, {}

    def add(name, layer, values, **arguments):
        found[name] = lambda: through(keras, layer(), values, **arguments)

    add("dense", lambda: layers.Dense(7), SEQUENCE)
    add("dense_plain", lambda: layers.Dense(3, use_bias=False, activation="softmax"), VECTOR)
    add("dense_layer_activation", lambda: layers.Dense(3, activation=layers.LeakyReLU()), VECTOR)
    for word in ("relu", "gelu", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign", "selu", "elu", "exponential",
                 "swish", "silu", "linear", "leaky_relu", "relu6", "mish", "log_softmax", "softmax", "sparsemax", "celu", "hard_silu",
                 "hard_swish", "squareplus", "soft_shrink", "hard_shrink", "tanh_shrink", "hard_tanh", "log_sigmoid",
                 "sparse_plus", "sparse_sigmoid", "glu"):
        add(f"activation_{word}", lambda word=word: layers.Activation(word), VECTOR)
    add("relu_layer", lambda: layers.ReLU(max_value=2, negative_slope=0.1, threshold=0.3), VECTOR)
    add("relu_bare", lambda: layers.ReLU(), VECTOR)
    add("leaky_relu_layer", lambda: layers.LeakyReLU(), VECTOR)
    add("elu_layer", lambda: layers.ELU(alpha=0.7), VECTOR)
    add("prelu", lambda: layers.PReLU(), SEQUENCE)
    add("prelu_shared", lambda: layers.PReLU(shared_axes=[1]), SEQUENCE)
    add("softmax_axis", lambda: layers.Softmax(axis=1), SEQUENCE)
    add("layer_norm", lambda: layers.LayerNormalization(), SEQUENCE)
    add("layer_norm_bare", lambda: layers.LayerNormalization(center=False, scale=False, epsilon=1e-5), SEQUENCE)
    add("layer_norm_center", lambda: layers.LayerNormalization(scale=False), SEQUENCE)
    add("layer_norm_axes", lambda: layers.LayerNormalization(axis=[1, 2]), SEQUENCE)
    add("layer_norm_axes_apart", lambda: layers.LayerNormalization(axis=[1, 3]), PICTURE)
    add("batch_norm", lambda: layers.BatchNormalization(), PICTURE)
    add("batch_norm_bare", lambda: layers.BatchNormalization(center=False, scale=False, epsilon=0.01), SEQUENCE)
    add("batch_norm_axis", lambda: layers.BatchNormalization(axis=1), SEQUENCE)
    add("group_norm", lambda: layers.GroupNormalization(groups=2), PICTURE)
    add("group_norm_instance", lambda: layers.GroupNormalization(groups=-1, scale=False), PICTURE)
    add("unit_norm", lambda: layers.UnitNormalization(), SEQUENCE)
    add("unit_norm_axes", lambda: layers.UnitNormalization(axis=[2, 1]), PICTURE)

    def moments():
        x = keras.Input(PICTURE.shape[1:], name="x")
        kinds = layers.Normalization(axis=(1, 3)), layers.Normalization(axis=None), layers.Normalization(axis=1, mean=[0.1 * i for i in range(9)], variance=[1.0 + i for i in range(9)])
        for kind in kinds[:2]:
            kind.adapt(PICTURE)
        return keras.Model(x, [kind(x) for kind in kinds]), {"x": PICTURE}
    found["normalization_axes"] = moments
    if hasattr(layers, "RMSNormalization"):
        add("rms_norm_axes", lambda: layers.RMSNormalization(axis=[1, 2]), SEQUENCE)
        add("rms_norm", lambda: layers.RMSNormalization(epsilon=1e-4), SEQUENCE)
    add("dropout", lambda: layers.Dropout(0.5), SEQUENCE)
    add("spatial_dropout", lambda: layers.SpatialDropout1D(0.5), SEQUENCE)
    add("flatten_channels_first", lambda: layers.Flatten(data_format="channels_first"), PICTURE)
    add("softmax_axes", lambda: layers.Softmax(axis=[1, 3]), PICTURE)
    add("flatten", lambda: layers.Flatten(), PICTURE)
    add("reshape", lambda: layers.Reshape((-1, 10)), SEQUENCE)
    add("reshape_whole", lambda: layers.Reshape((5, 3, 2)), SEQUENCE)
    add("permute", lambda: layers.Permute((3, 1, 2)), PICTURE)
    add("rescaling", lambda: layers.Rescaling(1 / 127.5, offset=-1), PICTURE)
    add("cropping1d", lambda: layers.Cropping1D((1, 2)), SEQUENCE)
    add("cropping2d", lambda: layers.Cropping2D(((1, 0), (2, 1))), PICTURE)
    for d, values in ((1, SEQUENCE), (2, PICTURE), (3, VOLUME)):
        def of(name, d=d):
            return getattr(layers, f"{name}{d}D")
        add(f"conv{d}d", lambda of=of: of("Conv")(6, 3), values)
        add(f"conv{d}d_same", lambda of=of: of("Conv")(6, 3, strides=2, padding="same", activation="relu", use_bias=False), values)
        add(f"conv{d}d_dilated", lambda of=of: of("Conv")(6, 2, dilation_rate=2, padding="same"), values)
        for kind in ("Max", "Average"):
            add(f"{kind}pool{d}d".lower(), lambda of=of, kind=kind: of(f"{kind}Pooling")(2), values)
            add(f"{kind}pool{d}d_same".lower(), lambda of=of, kind=kind: of(f"{kind}Pooling")(3, strides=2, padding="same"), values)
            add(f"global_{kind}{d}d".lower(), lambda of=of, kind=kind: of(f"Global{kind}Pooling")(), values)
            add(f"global_{kind}{d}d_keep".lower(), lambda of=of, kind=kind: of(f"Global{kind}Pooling")(keepdims=True), values)
        add(f"conv{d}d_transpose", lambda of=of: getattr(layers, f"Conv{of.__defaults__[0]}DTranspose")(3, 3, strides=2), values)
        add(f"conv{d}d_transpose_same", lambda of=of: getattr(layers, f"Conv{of.__defaults__[0]}DTranspose")(3, 3, strides=2, padding="same"), values)
    add("conv2d_transpose_output_padding", lambda: layers.Conv2DTranspose(3, 3, strides=2, output_padding=1), PICTURE)
    add("conv1d_causal", lambda: layers.Conv1D(6, 3, padding="causal", dilation_rate=2), SEQUENCE)
    add("conv2d_groups", lambda: layers.Conv2D(6, (3, 2), groups=2), PICTURE)
    add("conv2d_wide", lambda: layers.Conv2D(6, (3, 2), strides=(2, 1)), PICTURE)
    add("depthwise1d", lambda: layers.DepthwiseConv1D(3, depth_multiplier=2), SEQUENCE)
    add("depthwise2d", lambda: layers.DepthwiseConv2D((3, 2), depth_multiplier=2, padding="same"), PICTURE)
    add("separable1d", lambda: layers.SeparableConv1D(6, 3, padding="same"), SEQUENCE)
    add("separable2d", lambda: layers.SeparableConv2D(6, 3, depth_multiplier=2, activation="gelu"), PICTURE)
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        found[name.lower()] = lambda name=name: merging(keras, getattr(layers, name)(), SEQUENCE, SEQUENCE[::-1])

    def masked():
        ids, y = keras.Input((None,), dtype="int32", name="ids"), keras.Input((None, 5), name="y")
        x = layers.Embedding(11, 5, mask_zero=True)(ids)
        others = keras.Input((None,), dtype="int32", name="others")
        z = layers.Embedding(11, 5, mask_zero=True)(others)
        gated = layers.Multiply()([x, layers.Dense(5, activation="sigmoid")(x)])
        found = [layers.Multiply()([x, y]), layers.Multiply()([x, z]), layers.Maximum()([x, z]), layers.Minimum()([y, x]), layers.Maximum()([x, gated])]
        found += [layers.LSTM(3)(layers.Add()([gated, y])), layers.LSTM(3)(layers.Subtract()([x, z]))]
        return keras.Model([ids, others, y], found), {"ids": TOKENS, "others": TOKENS[:, ::-1].copy(), "y": SEQUENCE}
    found["merged_masks"] = masked
    found["add_three"] = lambda: merging(keras, layers.Add(), SEQUENCE, SEQUENCE[::-1], PADDED)
    found["add_broadcast"] = lambda: merging(keras, layers.Add(), SEQUENCE, SEQUENCE[:, :1])
    found["concatenate"] = lambda: merging(keras, layers.Concatenate(), SEQUENCE, SEQUENCE[..., :2])
    found["concatenate_axis"] = lambda: merging(keras, layers.Concatenate(axis=1), SEQUENCE, SEQUENCE[:, :2])
    found["dot"] = lambda: merging(keras, layers.Dot(axes=2), SEQUENCE, OTHER[..., :5])
    found["dot_axes"] = lambda: merging(keras, layers.Dot(axes=(1, 2)), SEQUENCE, np.swapaxes(SEQUENCE, 1, 2))
    found["dot_vectors"] = lambda: merging(keras, layers.Dot(axes=-1, normalize=True), VECTOR, VECTOR[::-1])
    if hasattr(layers, "EinsumDense"):
        add("einsum_dense", lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 7), bias_axes="d", activation="gelu"), SEQUENCE)
        add("einsum_dense_heads", lambda: layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de"), SEQUENCE)
        add("einsum_dense_open", lambda: layers.EinsumDense("...x,xy->...y", output_shape=4, bias_axes="y"), SEQUENCE)
        add("einsum_dense_mixing", lambda: layers.EinsumDense("abc,bd->adc", output_shape=(4, 5), bias_axes="d"), SEQUENCE)
    add("masking", lambda: keras.Sequential([layers.Masking(), layers.GlobalAveragePooling1D()]), PADDED)
    attention(keras, found)
    recurrent(keras, found)
    return found


def recurrent(keras, found):
    """Recurrent layers with every setting, and what wraps layers."""
    layers = keras.layers

    def add(name, layer, values=SEQUENCE):
        found[name] = lambda: through(keras, layer(), values)

    for name in ("SimpleRNN", "LSTM", "GRU"):
        kind = getattr(layers, name)
        add(name.lower(), lambda kind=kind: kind(4))
        add(f"{name}_sequences".lower(), lambda kind=kind: kind(4, return_sequences=True, use_bias=False))
        add(f"{name}_state".lower(), lambda kind=kind: kind(4, return_sequences=True, return_state=True))
        add(f"{name}_backwards".lower(), lambda kind=kind: kind(4, return_sequences=True, go_backwards=True))
        add(f"{name}_functions".lower(), lambda kind=kind: kind(4, activation="relu", **(
            {} if kind is layers.SimpleRNN else {"recurrent_activation": "hard_sigmoid"})))
        add(f"{name}_cell".lower(), lambda name=name: layers.RNN(getattr(layers, f"{name}Cell")(4), return_sequences=True))

        def initial(kind=kind, count=2 if name == "LSTM" else 1):
            x = keras.Input((None, 5), name="x")
            states = [keras.Input((4,), name=f"s{i}") for i in range(count)]
            out = kind(4, return_sequences=True)(x, initial_state=states)
            return keras.Model([x, *states], out), {"x": SEQUENCE, **{f"s{i}": VECTOR[:, i:i + 4] for i in range(count)}}
        found[f"{name}_initial".lower()] = initial

        def masked(kind=kind, zero=False):
            ids = keras.Input((None,), dtype="int32", name="ids")
            x = kind(4, return_sequences=True)(layers.Embedding(11, 5, mask_zero=True)(ids))
            return keras.Model(ids, [x, kind(3, name="last")(x)]), {"ids": TOKENS}
        found[f"{name}_masked".lower()] = masked
        add(f"bidirectional_{name}".lower(), lambda kind=kind: layers.Bidirectional(kind(4, return_sequences=True)))
        add(f"bidirectional_{name}_last".lower(), lambda kind=kind: layers.Bidirectional(kind(4, return_state=True)))

    def cells(*kinds, **options):
        return layers.RNN([getattr(layers, f"{kind}Cell")(4 - number) for number, kind in enumerate(kinds)], **options)

    def stacks():
        ids = keras.Input((None,), dtype="int32", name="ids")
        x = layers.Embedding(11, 5, mask_zero=True)(ids)
        both, *states = layers.Bidirectional(cells("LSTM", "GRU", return_sequences=True, return_state=True))(x)
        last, *_ = cells("SimpleRNN", "LSTM", "LSTM", go_backwards=True, return_state=True)(both)
        return keras.Model(ids, [both, last, *states]), {"ids": TOKENS}
    found["cells_masked"] = stacks

    def between():
        x, y = keras.Input((None, 5), name="x"), keras.Input((None, 5), name="y")
        _, *states = cells("LSTM", "LSTM", return_state=True)(x)
        _, *own = layers.RNN(layers.LSTMCell(3), return_state=True)(x)
        out = cells("LSTM", "LSTM", return_sequences=True)(y, initial_state=states)
        return keras.Model([x, y], [out, layers.Bidirectional(layers.LSTM(3))(y, initial_state=own * 2)]), {"x": SEQUENCE, "y": OTHER[..., :5]}
    found["cells_initial"] = between
    add("gru_before", lambda: layers.GRU(4, reset_after=False, return_sequences=True))
    for mode in ("sum", "mul", "ave", None):
        add(f"bidirectional_{mode}".lower(), lambda mode=mode: layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode=mode))
    add("bidirectional_two", lambda: layers.Bidirectional(
        layers.LSTM(4, return_sequences=True), backward_layer=layers.GRU(3, return_sequences=True, go_backwards=True)))

    def masked_both():
        ids = keras.Input((None,), dtype="int32", name="ids")
        x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(layers.Embedding(11, 5, mask_zero=True)(ids))
        x = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
        return keras.Model(ids, layers.TimeDistributed(layers.Dense(3, activation="softmax"))(x)), {"ids": TOKENS}
    found["bidirectional_masked"] = masked_both
    add("time_distributed", lambda: layers.TimeDistributed(layers.Dense(3)))
    add("time_distributed_conv", lambda: layers.TimeDistributed(layers.Conv1D(3, 2)), PICTURE)
    add("repeat_vector", lambda: layers.RepeatVector(3), VECTOR)
    add("zero_padding1d", lambda: layers.ZeroPadding1D((1, 2)), SEQUENCE)
    add("zero_padding2d", lambda: layers.ZeroPadding2D(((1, 2), (0, 3))), PICTURE)
    add("up_sampling1d", lambda: layers.UpSampling1D(3), SEQUENCE)
    add("up_sampling2d", lambda: layers.UpSampling2D((2, 3)), PICTURE)
    add("up_sampling2d_bilinear", lambda: layers.UpSampling2D((2, 3), interpolation="bilinear"), PICTURE)


def attention(keras, found):
    """Attention in its call forms."""
    layers = keras.layers

    def mha(name, *, value_shape=None, arguments=None, pairs=False, **settings):
        def build():
            x = keras.Input((None, 5), name="x")
            y = keras.Input((None, 7), name="y")
            mask = keras.Input((None, None), dtype="bool", name="pairs")
            layer = layers.MultiHeadAttention(2, 3, name="attention", **settings)
            options = dict(arguments or {})
            inputs, values = [x], {"x": SEQUENCE}
            other = x
            if value_shape:
                other = y
                inputs, values = [x, y], {"x": SEQUENCE, "y": OTHER}
            if pairs:
                options["attention_mask"] = mask
                inputs, values = [*inputs, mask], {**values, "pairs": PAIRS}
            return keras.Model(inputs, layer(x, other, **options)), values
        found[name] = build

    mha("mha")
    mha("mha_cross", value_shape=True)
    mha("mha_causal", arguments={"use_causal_mask": True})
    mha("mha_cross_causal", value_shape=True, arguments={"use_causal_mask": True})
    mha("mha_mask", value_shape=True, pairs=True)
    mha("mha_sizes", value_shape=True, value_dim=4, output_shape=9, use_bias=False, dropout=0.3)
    mha("mha_output_shape", value_shape=True, output_shape=(2, 3))

    def three():
        x, y, z = (keras.Input((None, n), name=name) for n, name in ((5, "x"), (7, "y"), (3, "z")))
        out = layers.MultiHeadAttention(3, 2, name="attention")(query=x, value=y, key=z)
        return keras.Model([x, y, z], out), {"x": SEQUENCE, "y": OTHER, "z": OTHER[..., :3]}
    found["mha_key"] = three

    def scored(**options):
        def build():
            ids = keras.Input((None,), dtype="int32", name="ids")
            x = layers.Embedding(11, 6, mask_zero=True)(ids)
            out, scores = layers.MultiHeadAttention(2, 3, name="attention", **options)(
                x, x, return_attention_scores=True, use_causal_mask=True)
            return keras.Model(ids, {"out": out, "scores": scores}), {"ids": TOKENS}
        return build
    found["mha_scores"] = scored()
    found["mha_scores_dropout"] = scored(dropout=0.2)

    def weighed(name, layer, **arguments):
        def build():
            x, y = (keras.Input((None,), dtype="int32", name=name) for name in "xy")
            a, b = layers.Embedding(11, 5, mask_zero=True)(x), layers.Embedding(11, 5, mask_zero=True)(y)
            out, scores = layer()([a, b], return_attention_scores=True, **arguments)
            return keras.Model([x, y], {"out": out, "scores": scores}), {"x": TOKENS[:2], "y": TOKENS[:2, ::-1][:, :4] * 1}
        found[name] = build
    weighed("attention_scores", lambda: layers.Attention(use_scale=True))
    weighed("attention_scores_concat", lambda: layers.Attention(score_mode="concat"), use_causal_mask=True)
    weighed("additive_scores", lambda: layers.AdditiveAttention())

    def luong(name, layer, **arguments):
        def build():
            x, y = keras.Input((None, 5), name="x"), keras.Input((None, 5), name="y")
            return keras.Model([x, y], layer()([x, y], **arguments)), {"x": SEQUENCE, "y": OTHER[..., :5]}
        found[name] = build

        def masked():
            x, y = (keras.Input((None,), dtype="int32", name=name) for name in "xy")
            a, b = layers.Embedding(11, 5, mask_zero=True)(x), layers.Embedding(11, 5, mask_zero=True)(y)
            out = layer()([a, b], **arguments)
            return keras.Model([x, y], [out, layers.GlobalAveragePooling1D()(out)]), {"x": TOKENS[:2], "y": TOKENS[:2, ::-1][:, :4] * 1}
        found[name + "_masked"] = masked
    luong("attention", lambda: layers.Attention())
    luong("attention_scale", lambda: layers.Attention(use_scale=True))
    luong("attention_concat", lambda: layers.Attention(use_scale=True, score_mode="concat"))
    luong("attention_concat_plain", lambda: layers.Attention(score_mode="concat"))
    luong("attention_causal", lambda: layers.Attention(), use_causal_mask=True)
    luong("additive", lambda: layers.AdditiveAttention())
    luong("additive_plain", lambda: layers.AdditiveAttention(use_scale=False))

    def axes(attention_axes):
        def build():
            x = keras.Input((9, 7, 4), name="x")
            out = layers.MultiHeadAttention(2, 3, attention_axes=attention_axes, name="attention")(x, x)
            return keras.Model(x, out), {"x": PICTURE}
        return build
    found["mha_axes"] = axes((2,))
    found["mha_first_axis"] = axes((1,))

    def axes_masked():
        x, mask = keras.Input((9, 7, 4), name="x"), keras.Input((9, 7, 7), dtype="bool", name="mask")
        out = layers.MultiHeadAttention(2, 3, attention_axes=(2,), name="attention")(x, x, attention_mask=mask)
        return keras.Model([x, mask], out), {"x": PICTURE, "mask": np.tril(np.ones((2, 9, 7, 7), bool))}
    found["mha_axes_mask"] = axes_masked
    found["mha_two_axes"] = axes((1, 2))

    def masked(first):
        def build():
            ids = keras.Input((None,), dtype="int32", name="ids")
            x = layers.Embedding(11, 5, mask_zero=True)(ids)
            x = layers.Dropout(0.1)(x)
            y = layers.MultiHeadAttention(2, 3, name="attention")(x, x, use_causal_mask=first)
            x = layers.LayerNormalization()(layers.Add()([x, y]))
            y = layers.MultiHeadAttention(2, 3, name="again")(x, x)
            x = layers.Add()([y, x])
            return keras.Model(ids, [layers.GlobalAveragePooling1D(name="pooled")(x), x]), {"ids": TOKENS}
        return build
    found["mha_masked"] = masked(False)
    found["mha_masked_causal"] = masked(True)
    if hasattr(layers, "GroupQueryAttention"):
        def grouped(**options):
            def build():
                x, y = keras.Input((None, 5), name="x"), keras.Input((None, 5), name="y")
                out = layers.GroupQueryAttention(4, 6, 2, name="attention", **options)(x, y)
                return keras.Model([x, y], out), {"x": SEQUENCE, "y": OTHER[..., :5]}
            return build
        found["gqa"] = grouped()
        found["gqa_plain"] = grouped(use_bias=False)
