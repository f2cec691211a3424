"""KerasHub's layers in models of one's own."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
from keras import layers

from keras_graphs import proof

keras_hub = pytest.importorskip("keras_hub")
from keras_hub.layers import (  # noqa: E402
    AlibiBias,
    CachedMultiHeadAttention,
    FNetEncoder,
    MaskedLMHead,
    PositionEmbedding,
    ReversibleEmbedding,
    RotaryEmbedding,
    SinePositionEncoding,
    TokenAndPositionEmbedding,
    TransformerDecoder,
    TransformerEncoder,
)

pytestmark = [pytest.mark.filterwarnings("ignore")]
IDS = np.random.default_rng(0).integers(1, 19, (3, 7))
IDS[1, 5:] = IDS[2, 3:] = 0


def ids(name="ids", length=7):
    return layers.Input((length,), dtype="int32", name=name)


def padded_encoder(**settings):
    x = given = ids()
    x = TokenAndPositionEmbedding(19, 9, 8, mask_zero=True)(x)
    x = TransformerEncoder(12, 2, activation="gelu", layer_norm_epsilon=1e-3, **settings)(x)
    return keras.Model(given, TransformerEncoder(10, 4, **settings)(x)), {"ids": IDS}


def told_encoder(**settings):
    given, mask = ids(), ids("mask")
    x = TransformerEncoder(12, 2, **settings)(TokenAndPositionEmbedding(19, 9, 8)(given), padding_mask=mask)
    return keras.Model([given, mask], x), {"ids": IDS, "mask": (IDS > 0).astype("i4")}


def decoder(**settings):
    given = ids()
    x = layers.Embedding(19, 8, mask_zero=True)(given)
    x = layers.Add()([x, SinePositionEncoding()(x)])
    x = TransformerDecoder(12, 2, **settings)(TransformerDecoder(12, 2, **settings)(x))
    return keras.Model(given, x), {"ids": IDS}


def masked_decoder(**settings):
    given = ids()
    return keras.Model(given, TransformerDecoder(12, 2, **settings)(layers.Embedding(19, 8, mask_zero=True)(given))), {"ids": IDS}


def translator(**settings):
    source, target = ids(), ids("target", None)
    x = TransformerEncoder(12, 2, **settings)(TokenAndPositionEmbedding(19, 9, 8, mask_zero=True)(source))
    embedding = ReversibleEmbedding(19, 8)
    y = embedding(target)
    y = layers.Add()([y, PositionEmbedding(9)(y)])
    y = embedding(TransformerDecoder(12, 2, **settings)(y, x), reverse=True)
    return keras.Model([source, target], y), {"ids": IDS, "target": IDS[:, :5]}


@pytest.mark.parametrize("dropout", [0, 0.1])
@pytest.mark.parametrize("first", [False, True], ids=["norms-after", "norms-before"])
@pytest.mark.parametrize("make", [padded_encoder, told_encoder, decoder, masked_decoder, translator])
def test_it_computes_the_same(crosswalk, make, first, dropout, tmp_path):
    keras.utils.clear_session()
    compare(crosswalk, *make(normalize_first=first, dropout=dropout), tmp_path)


def compare(crosswalk, model, inputs, tmp_path):
    proof.randomised(model)
    expected = dict(zip(model.output_names, [model.predict(inputs, verbose=0)]))
    for form in ("keras", "h5"):
        model.save(tmp_path / f"model.{form}")
        proof.compare(crosswalk, tmp_path / f"model.{form}", inputs, expected, tmp_path)
    crosswalk("convert", tmp_path / "model.keras", tmp_path / "native.h5")
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.keras", "--to", "source")
    proof.same_weights(model, tmp_path / "model.keras", tmp_path / "back.keras", keras, "keras")


def turned(shape=(7, 3, 8), positions=None, call={}, **settings):
    given = layers.Input(shape, name="x")
    inputs = {"x": np.random.default_rng(1).normal(size=(3, *(extent or 7 for extent in shape))).astype("f4")}
    if positions is not None:
        inputs["positions"] = np.array(positions, "i4")
        call = {"positions": layers.Input(inputs["positions"].shape[1:], dtype="int32", name="positions")}
    x = RotaryEmbedding(**settings)(given, **call)
    return keras.Model([given, *call.values()] if positions is not None else given, x), inputs


def biased(heads=4, **settings):
    given = layers.Input((heads, None, 6), name="x")
    inputs = {"x": np.random.default_rng(1).normal(size=(2, heads, 5, 6)).astype("f4")}
    return keras.Model(given, AlibiBias(**settings)(given)), inputs


def fourier(length=None, **settings):
    given = ids(length=length)
    x = TokenAndPositionEmbedding(19, 9, 10)(given)
    return keras.Model(given, FNetEncoder(12, **settings)(FNetEncoder(7)(x))), {"ids": IDS}


def masked_language(embedding=True, **settings):
    given, places = ids(), layers.Input((None,), dtype="int32", name="places")
    tokens = ReversibleEmbedding(19, 8)
    x = TransformerEncoder(12, 2)(tokens(given))
    x = MaskedLMHead(vocabulary_size=19, token_embedding=tokens if embedding else None, **settings)(x, places)
    return keras.Model([given, places], x), {"ids": IDS, "places": np.array([[0, 6, 2], [1, 1, 3], [0, 1, 2]], "i4")}


def untied(reverse=True, **settings):
    given = ids()
    embedding = ReversibleEmbedding(19, 8, tie_weights=False, **settings)
    x = layers.Dense(8, "tanh")(embedding(given))
    return keras.Model(given, embedding(x, reverse=True) if reverse else x), {"ids": IDS}


def waves(start=0, **settings):
    x = given = ids()
    x = layers.Embedding(19, 8)(x)
    return keras.Model(given, layers.Add()([x, SinePositionEncoding(**settings)(x, start_index=start)])), {"ids": IDS}


def placed(start=0):
    x = given = ids()
    x = ReversibleEmbedding(19, 8)(x)
    return keras.Model(given, layers.Add()([x, PositionEmbedding(12)(x, start_index=start)])), {"ids": IDS}


def cached(**settings):
    given = layers.Input((None, 8), name="x")
    other = layers.Input((5, 6), name="y")
    x = CachedMultiHeadAttention(2, 5, value_dim=3, **settings)(given, other)
    random = np.random.default_rng(2)
    return keras.Model([given, other], x), {"x": random.normal(size=(3, 4, 8)).astype("f4"), "y": random.normal(size=(3, 5, 6)).astype("f4")}


YARN = {"rope_type": "yarn", "scaling_factor": 4.0, "original_max_position_embeddings": 32}
MODELS = {
    "rotary": turned, "rotary-rows": lambda: turned((None, 6)), "rotary-heads-first": lambda: turned((3, 7, 8), sequence_axis=2),
    "rotary-columns": lambda: turned((8, 7), sequence_axis=-1, feature_axis=1),
    "rotary-linear": lambda: turned(max_wavelength=500, scaling_factor=4.0),
    "rotary-start": lambda: turned(call={"start_index": 5}), "rotary-denominator": lambda: turned(denominator_dim=12),
    "rotary-positions": lambda: turned(positions=[[3, 1, 4, 1, 5, 9, 2]] * 3),
    "rotary-dynamic": lambda: turned(rope_type="dynamic", scaling_factor=4.0),
    "rotary-unscaled": lambda: turned(rope_type="other", scaling_factor=4.0),
    "rotary-yarn": lambda: turned((7, 2, 16), beta_fast=8.0, **YARN),
    "rotary-yarn-exact": lambda: turned((7, 2, 16), truncate=False, **YARN),
    "alibi": biased, "alibi-six": lambda: biased(6, alibi_bias_max=5),
    "fourier": fourier, "fourier-fixed": lambda: fourier(7, activation="gelu", layer_norm_epsilon=1e-3),
    "masked": masked_language, "masked-epsilon": lambda: masked_language(layer_norm_epsilon=1e-3),
    "masked-own": lambda: masked_language(False, intermediate_activation="tanh", activation="softmax"),
    "untied": untied, "untied-capped": lambda: untied(logit_soft_cap=2.0), "untied-forward": lambda: untied(reverse=False),
    "waves": waves, "waves-start": lambda: waves(3, max_wavelength=300), "positions": placed,
    "positions-start": lambda: placed(4), "attention": cached, "attention-bare": lambda: cached(use_bias=False, output_shape=(7,)),
}


@pytest.mark.parametrize("name", MODELS)
def test_each_layer_computes_the_same(crosswalk, name, tmp_path):
    keras.utils.clear_session()
    compare(crosswalk, *MODELS[name](), tmp_path)
