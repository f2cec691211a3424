"""Keras models become graphs by the config that they carry, and compute what Keras computes, layer by layer."""

import importlib.util
import os

os.environ.setdefault("KERAS_BACKEND", "torch" if importlib.util.find_spec("torch") else "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

from keras_graphs import layers, models, operations, proof

pytestmark = [pytest.mark.filterwarnings("ignore")]
LAYERS = layers.cases(keras)
OPERATIONS = operations.cases(keras)
MODELS = models.cases(keras)
# Keras reads a layer's axes from .h5 otherwise than from .keras.
NO_LEGACY = {"layer_norm_axes"}
# On PyTorch Keras counts padding into a mean.
OTHER_ON_TORCH = {"averagepool1d_same", "averagepool2d_same", "averagepool3d_same"}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, crosswalk, tmp_path):
    keras.utils.clear_session()
    if name in OTHER_ON_TORCH and keras.backend.backend() == "torch":
        pytest.skip("Keras computes something else on PyTorch")
    model, inputs = LAYERS[name]()
    forms = ("keras", "weights.h5") + (() if name in NO_LEGACY else ("h5",))
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path, forms=forms)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name, crosswalk, tmp_path):
    keras.utils.clear_session()
    model, inputs = OPERATIONS[name]()
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path, forms=("keras",))


@pytest.mark.parametrize("name", MODELS)
def test_model(name, crosswalk, tmp_path):
    keras.utils.clear_session()
    model, inputs = MODELS[name]()
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path)
