"""Models of tf_keras, that is of Keras 2, become graphs as those of Keras 3 do, and compute what it computes."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import pytest
import tensorflow as tf
import tf_keras as keras

from keras_graphs import functions, layers, models, proof

pytestmark = [pytest.mark.filterwarnings("ignore")]
# What Keras 2 does not have.
OF_KERAS_3 = ("activation_", "mha_scores", "attention_concat", "mha_output_shape", "rms", "gqa")
KNOWN = ("relu", "gelu", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign", "selu", "elu", "exponential", "swish", "linear", "softmax")
LAYERS = {name: build for name, build in layers.cases(keras).items()
          if not name.startswith(OF_KERAS_3) or name.removeprefix("activation_") in KNOWN}
MODELS = models.cases(keras)
FUNCTIONS = functions.cases(keras, tf)


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, crosswalk, tmp_path):
    keras.backend.clear_session()
    model, inputs = LAYERS[name]()
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path, forms=("keras", "h5"), float64=False)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name, crosswalk, tmp_path):
    keras.backend.clear_session()
    model, inputs = FUNCTIONS[name]()
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path, forms=("keras", "h5"), float64=False)


@pytest.mark.parametrize("name", MODELS)
def test_model(name, crosswalk, tmp_path):
    keras.backend.clear_session()
    model, inputs = MODELS[name]()
    proof.check(crosswalk, proof.randomised(model), inputs, tmp_path, float64=False)
