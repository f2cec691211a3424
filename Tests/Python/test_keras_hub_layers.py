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
    PositionEmbedding,
    ReversibleEmbedding,
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
    model, inputs = make(normalize_first=first, dropout=dropout)
    proof.randomised(model)
    expected = dict(zip(model.output_names, [model.predict(inputs, verbose=0)]))
    for form in ("keras", "h5"):
        model.save(tmp_path / f"model.{form}")
        proof.compare(crosswalk, tmp_path / f"model.{form}", inputs, expected, tmp_path)
    crosswalk("convert", tmp_path / "model.keras", tmp_path / "native.h5")
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.keras", "--to", "source")
    proof.same_weights(model, tmp_path / "model.keras", tmp_path / "back.keras", keras, "keras")
