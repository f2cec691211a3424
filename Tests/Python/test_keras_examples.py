"""Models with layers of their own: those of Keras's published examples, by the tables in Examples/KerasTutorials."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import keras
import numpy as np
import pytest

from conftest import ROOT
from keras_graphs import classification, proof, spanish, timeseries, translation, vision

pytestmark = [pytest.mark.filterwarnings("ignore")]
TABLES = ROOT / "Examples/KerasTutorials"


def test_layers_of_a_models_own_are_described_by_tables(crosswalk, tmp_path):
    model = proof.randomised(classification.model())
    tokens = np.random.default_rng(0).integers(0, 31, (3, 9))
    expected = model.predict(tokens, verbose=0)
    model.save(tmp_path / "model.keras")
    assert "TokenAndPositionEmbedding" in crosswalk.refusal("convert", tmp_path / "model.keras", tmp_path / "no.h5")

    crosswalk("convert", tmp_path / "model.keras", tmp_path / "native.h5", "--family", TABLES / "text-classification.json")
    proof.compare(crosswalk, tmp_path / "native.h5", {"tokens": tokens}, {"classes": expected}, tmp_path)
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.keras", "--to", "source")
    back = keras.models.load_model(tmp_path / "back.keras")
    np.testing.assert_array_equal(back.predict(tokens, verbose=0), expected)


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def padded(length):
    ids = np.random.default_rng(length).integers(1, 23, (3, length))
    ids[1, length - 2:] = ids[2, length - 4:] = 0
    return ids


@pytest.mark.parametrize("example, inputs, tables", [
    (timeseries, {"series": numbers(3, 30, 1)}, None),
    (vision, {"images": numbers(3, 12, 8, 3)}, "image-classification.json"),
    (spanish, {"encoder_inputs": padded(9), "decoder_inputs": padded(7)}, "sequence-to-sequence.json")])
def test_weights_alone_are_read_by_the_graph_of_a_config(crosswalk, tmp_path, example, inputs, tables):
    """As the examples do: save_weights; to_json says the rest."""
    model = proof.randomised(example.model())
    expected = model.predict(inputs, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    (tmp_path / "model.json").write_text(model.to_json())
    options = ["--config", tmp_path / "model.json"] + (["--family", TABLES / tables] if tables else [])
    crosswalk("convert", tmp_path / "model.weights.h5", tmp_path / "native.h5", *options)
    proof.compare(crosswalk, tmp_path / "native.h5", inputs, {model.layers[-1].name: expected}, tmp_path)
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.weights.h5", "--to", "source")
    proof.randomised(model, seed=2)
    model.load_weights(tmp_path / "back.weights.h5")
    np.testing.assert_array_equal(model.predict(inputs, verbose=0), expected)


def test_a_name_of_keras_is_not_taken_for_keras(crosswalk, tmp_path):
    """A layer of one's own may be called as one of Keras's."""

    @keras.saving.register_keras_serializable("mine")
    class Dense(keras.layers.Dense):
        def call(self, inputs):
            return -super().call(inputs)

    inputs = keras.Input((4,))
    keras.Model(inputs, Dense(3)(inputs)).save(tmp_path / "model.keras")
    assert "'Dense'" in crosswalk.refusal("convert", tmp_path / "model.keras", tmp_path / "no.h5")


def test_a_subclassed_model_is_read_by_a_family(crosswalk, tmp_path):
    """Its weights are all that save_weights keeps; what is padded, Keras heeds in its own way."""
    random = np.random.default_rng(0)
    context, x = random.integers(1, 23, (3, 7)), random.integers(1, 19, (3, 5))
    context[1, 5:] = context[2, 3:] = x[0, 4:] = x[2, 2:] = 0
    model = translation.Transformer(
        num_layers=2, d_model=8, num_heads=3, dff=12, input_vocab_size=23, target_vocab_size=19)
    model((context, x))
    proof.randomised(model)
    expected = keras.ops.convert_to_numpy(model((context, x)))
    model.save_weights(tmp_path / "model.weights.h5")

    family = TABLES / "translation.json"
    crosswalk("convert", tmp_path / "model.weights.h5", tmp_path / "native.h5", "--family", family)
    proof.compare(crosswalk, tmp_path / "native.h5", {"context": context, "x": x}, {"logits": expected}, tmp_path)
    crosswalk("convert", tmp_path / "native.h5", tmp_path / "back.weights.h5", "--to", "source")
    model.load_weights(tmp_path / "back.weights.h5")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model((context, x))), expected)
    with h5py.File(tmp_path / "native.h5") as file:
        assert file["encoder/layers/1/attention/query/weight"].shape == (24, 8)
