"""Graphs of Keras 3 become files that tf_keras opens, and those of tf_keras files that Keras 3 opens, and compute the same."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import pytest
import tf_keras

from keras_graphs import layers, models, operations, proof

pytestmark = [pytest.mark.filterwarnings("ignore")]
FORMS = ("keras", "h5", "weights.h5")
# Masks go further in Keras 2, and a recurrent layer with a state heeds them there; hard_sigmoid has another slope.
OTHERWISE = {"tf-keras": ("classifier", "seq2seq", "activation_hard_sigmoid"),
             "keras": ("classifier", "translator", "seq2seq", "activation_hard_sigmoid")}
CHOSEN = ("dense", "dense_layer_activation", "leaky_relu_layer", "prelu", "layer_norm", "batch_norm", "group_norm", "conv2d_groups",
          "conv1d_transpose", "depthwise2d", "separable1d", "einsum_dense_heads", "mha", "mha_cross_causal", "mha_mask", "mha_key",
          "attention_scale", "additive", "lstm_state", "lstm_initial", "gru_masked", "bidirectional_two", "bidirectional_masked",
          "time_distributed_conv", "cells_initial", "rescaling", "zero_padding1d", "activation_hard_sigmoid", "lstm_cell")
OPERATIONS = ("add_number", "subtract", "array", "matmul", "reshape_open", "expand_last", "softmax", "item_slices", "mean", "concatenate",
              "stack", "where", "clip", "gelu")


def cases(framework):
    """The models that both versions have."""
    found = {**models.cases(framework), **{name: layers.cases(framework)[name] for name in CHOSEN}}
    if framework is keras:
        ours = operations.cases(framework)
        found |= {f"ops_{name}": ours[name] for name in OPERATIONS}
    return found


def computed(model, inputs):
    return proof.named_outputs(model, model(proof.arranged(model, inputs), training=False))


def opened(framework, path, config):
    if path.name.endswith(".weights.h5"):
        model = framework.models.model_from_json(config)
        model.set_weights([np.zeros_like(values) for values in model.get_weights()])
        model.load_weights(path)
        return model
    return framework.models.load_model(path, compile=False)


def cross(crosswalk, name, source, other, dialect, folder):
    source.backend.clear_session()
    model, inputs = cases(source)[name]()
    proof.randomised(model)
    inputs = {key: np.asarray(values) for key, values in inputs.items()}
    model.save(folder / "model.keras")
    if name in OTHERWISE[dialect]:
        said = crosswalk.refusal("convert", folder / "model.keras", folder / "no.h5", "--to", dialect)
        assert "would compute something else in '" in said
        return
    crosswalk("convert", folder / "model.keras", folder / "native.h5")
    expected, config = computed(model, inputs), None
    for form in FORMS:
        path = folder / f"out.{form}"
        crosswalk("convert", folder / "native.h5", path, "--to", dialect)
        if form == "h5":  # the graphs may say the same in other words: axis 3 for -1, a mask's own nodes
            same = crosswalk.json("diff", folder / "native.h5", path, status=(0, 1))
            assert not same["missing"] and not same["unexpected"] and all(row["verdict"] == "identical" for row in same["rows"])
        ours = opened(other, path, config)
        config = config or ours.to_json()
        (folder / "config.json").write_text(config)
        found = computed(ours, inputs)
        assert set(found) == set(expected)
        for key, values in expected.items():
            np.testing.assert_allclose(found[key], values, rtol=2e-5, atol=2e-5 * max(1, np.abs(values).max()))


@pytest.mark.parametrize("name", cases(keras))
def test_keras_3_becomes_keras_2(name, crosswalk, tmp_path):
    cross(crosswalk, name, keras, tf_keras, "tf-keras", tmp_path)


@pytest.mark.parametrize("name", cases(tf_keras))
def test_keras_2_becomes_keras_3(name, crosswalk, tmp_path):
    cross(crosswalk, name, tf_keras, keras, "keras", tmp_path)


def test_what_keras_2_has_no_word_for_is_refused_by_its_name(crosswalk, tmp_path):
    x = keras.Input((3, 4), name="x")
    keras.Model(x, keras.layers.GroupQueryAttention(2, 2, 1, name="grouped")(x, x)).save(tmp_path / "model.keras")
    said = crosswalk.refusal("convert", tmp_path / "model.keras", tmp_path / "out.h5", "--to", "tf-keras")
    assert "'grouped'" in said
