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
NO_LEGACY = {"layer_norm_axes", "layer_norm_axes_apart", "rms_norm_axes"}
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


@pytest.mark.parametrize("name", MODELS)
def test_forms(name, crosswalk, tmp_path):
    """Keras's own .h5 of models with operations between layers is read here, and not by Keras."""
    keras.utils.clear_session()
    model, inputs = MODELS[name]()
    proof.check_forms(crosswalk, proof.randomised(model), inputs, tmp_path)


def test_an_archive_is_of_keras_without_being_told(crosswalk, tmp_path):
    keras.utils.clear_session()
    model, inputs = MODELS["nested"]()
    model.save(tmp_path / "model.h5")
    crosswalk("convert", tmp_path / "model.h5", tmp_path / "native.h5")
    for source in ("model.h5", "native.h5"):
        crosswalk("convert", tmp_path / source, tmp_path / "out.keras", "--force")
        proof.same_weights(model, tmp_path / "model.h5", tmp_path / "out.keras", keras, "keras")
