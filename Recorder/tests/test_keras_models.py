"""What is recorded of Keras models: of Keras 3 here, of tf_keras where it is installed."""

import importlib.util
import json
import os

import h5py
import numpy as np
import pytest

if importlib.util.find_spec("torch"):
    os.environ.setdefault("KERAS_BACKEND", "torch")

from crosswalk_recorder import RecordingError, draw, record, recording, sensitive  # noqa: E402

PACKAGES = [name for name in ("keras", "tf_keras") if importlib.util.find_spec(name)]


@pytest.fixture(params=PACKAGES)
def keras(request):
    package = pytest.importorskip(request.param)
    package.utils.set_random_seed(0)
    return package


@pytest.fixture
def model(keras):
    layers = keras.layers
    tokens = keras.Input((12,), dtype="int32", name="tokens")
    x = layers.Embedding(30, 8, name="embed", mask_zero=True)(tokens)
    x = layers.Add(name="sum")([x, layers.MultiHeadAttention(2, 4, name="attend")(x, x)])
    return keras.Model(tokens, layers.Dense(3, name="head")(layers.LayerNormalization(name="norm")(x)))


def test_layers_inputs_and_scores_are_recorded(model, tmp_path):
    inputs = draw(model)
    assert inputs["tokens"].shape == (3, 12) and inputs["tokens"].max() < 30 and not inputs["tokens"][1, -1]
    recorded = record(model, inputs, tmp_path / "fixture.h5")
    assert {"embed", "attend", "sum", "norm", "head"} <= set(recorded["nodes"])
    assert recorded["attention"]["attend"].shape == recorded["scores"]["attend"].shape == (3, 2, 12, 12)
    shown = recorded["attention"]["attend"][0]  # a row without padding
    scores = np.exp(recorded["scores"]["attend"][0].astype("f8"))
    np.testing.assert_allclose(shown, scores / scores.sum(-1, keepdims=True), atol=1e-6)
    with h5py.File(tmp_path / "fixture.h5") as file:
        links = json.loads(file.attrs["links"])
        assert links["node_inputs/head"] == "nodes/norm" and links["node_inputs/embed"] == "inputs/tokens"
        assert links["node_inputs/norm"] == "nodes/sum" and links["node_inputs/attend"] == "nodes/embed"
        assert file["float64/scores/attend"].dtype == np.float64
        assert 0 < abs(file["float64/nodes/head"][()] - recorded["nodes"]["head"]).max() < 1e-4


def test_sensitive_weights_sharpen_attention(model, tmp_path):
    inputs = draw(model)
    sensitive(model, inputs, 1)
    recorded = record(model, inputs, tmp_path / "fixture.h5")
    assert 1.4 < recorded["scores"]["attend"][0].std(-1).mean() < 2.2
    gamma, beta = model.get_layer("norm").get_weights()
    assert 0.5 < gamma.mean() < 1.5 and beta.any()


def test_the_call_made_inside_is_recorded(model, tmp_path):
    given = draw(model)["tokens"]
    with recording(model, tmp_path / "fixture.h5"):
        model(given)
    with h5py.File(tmp_path / "fixture.h5") as file:
        np.testing.assert_array_equal(file["inputs/tokens"][()], given)
    with pytest.raises(RecordingError, match="not called"):
        with recording(model, tmp_path / "other.h5"):
            pass
