"""Keras models become graphs by the config that they carry, and compute what Keras computes, layer by layer."""

import importlib.util
import os

os.environ.setdefault("KERAS_BACKEND", "torch" if importlib.util.find_spec("torch") else "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

from keras_graphs import layers, proof

pytestmark = [pytest.mark.filterwarnings("ignore")]
LAYERS = layers.cases(keras)


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, crosswalk, tmp_path):
    keras.utils.clear_session()
    model, inputs = LAYERS[name]()
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path)
