"""Keras opens what `crosswalk convert --to same` wrote of its own files, and computes the same.

Needs Fixtures/requirements-keras.txt; without Keras it is skipped.
"""

import os
import zipfile

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", minversion="3.0")

from conftest import ROOT

FIXTURES = ROOT / "Fixtures/containers/keras"
INPUTS = np.arange(20).reshape(4, 5) % 11


@keras.saving.register_keras_serializable("crosswalk")
class Words(keras.layers.Layer):
    """The layer of assets.keras, which keeps a file."""

    def call(self, x):
        return x

    def save_assets(self, folder):
        with open(os.path.join(folder, "words.txt"), "w") as file:
            file.write(self.words)

    def load_assets(self, folder):
        with open(os.path.join(folder, "words.txt")) as file:
            self.words = file.read()


def numbers(variables):
    return [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in variables]


def same(ours, theirs):
    return len(ours) == len(theirs) > 0 and all(np.array_equal(a, b) for a, b in zip(ours, theirs))


def zeroed():
    model = keras.saving.load_model(FIXTURES / "functional.keras")
    for variable in model.weights + model.optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    return model


@pytest.fixture
def reference():
    return keras.saving.load_model(FIXTURES / "functional.keras")


@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
def test_an_archive_is_a_model(crosswalk, reference, tmp_path, options):
    crosswalk("convert", FIXTURES / "functional.keras", tmp_path / "out.keras", "--to", "same", *options)
    model = keras.saving.load_model(tmp_path / "out.keras")
    assert np.array_equal(model.predict(INPUTS, verbose=0), reference.predict(INPUTS, verbose=0))
    assert np.allclose(model.predict(INPUTS, verbose=0), np.load(FIXTURES / "outputs.npy"), rtol=0, atol=1e-5)
    assert same(numbers(model.optimizer.variables), numbers(reference.optimizer.variables))


@pytest.mark.parametrize("source", ["functional.weights.h5", "sharded.weights.json"])
def test_weights_load_with_the_optimizer(crosswalk, reference, tmp_path, source):
    crosswalk("convert", FIXTURES / source, tmp_path / "out.weights.h5", "--to", "same")
    model = zeroed()
    model.load_weights(tmp_path / "out.weights.h5")
    assert same(numbers(model.weights), numbers(reference.weights))
    assert same(numbers(model.optimizer.variables), numbers(reference.optimizer.variables))


def test_a_legacy_file_is_a_model(crosswalk, reference, tmp_path):
    crosswalk("convert", FIXTURES / "legacy.h5", tmp_path / "out.h5", "--to", "same")
    model = keras.saving.load_model(tmp_path / "out.h5")
    assert np.array_equal(model.predict(INPUTS, verbose=0), reference.predict(INPUTS, verbose=0))


def test_assets_and_bfloat16_are_carried(crosswalk, tmp_path):
    crosswalk("convert", FIXTURES / "assets.keras", tmp_path / "out.keras", "--to", "same")
    with zipfile.ZipFile(FIXTURES / "assets.keras") as before, zipfile.ZipFile(tmp_path / "out.keras") as after:
        assert after.testzip() is None
        assert after.namelist()[:2] == before.namelist()[:2]
        assert set(after.namelist()) == set(before.namelist())
        for name in set(before.namelist()) - {"model.weights.h5"}:
            assert after.read(name) == before.read(name)
    model = keras.saving.load_model(tmp_path / "out.keras")
    assert model.layers[0].words == "größer\n"
    original = keras.saving.load_model(FIXTURES / "assets.keras")
    for one, other in zip(model.weights, original.weights):
        assert one.dtype == other.dtype == "bfloat16"
        assert bool((one.value == other.value).all())
    values = np.ones((2, 4), "float32")
    assert bool((model(values) == original(values)).all())


@pytest.mark.parametrize("name", ["model.weights.json", "model.weights.h5"])
def test_shards_load_with_the_optimizer(crosswalk, reference, tmp_path, name):
    crosswalk("convert", FIXTURES / "functional.weights.h5", tmp_path / name, "--to", "same", "--shard-size", "1000")
    assert len(list(tmp_path.glob("model_0000?.weights.h5"))) > 3
    model = zeroed()
    model.load_weights(tmp_path / "model.weights.json")
    assert same(numbers(model.weights), numbers(reference.weights))
    assert same(numbers(model.optimizer.variables), numbers(reference.optimizer.variables))


def test_an_archive_becomes_weights_and_an_archive_again(crosswalk, reference, tmp_path):
    crosswalk("convert", FIXTURES / "functional.keras", tmp_path / "a.weights.h5", "--to", "same", status=2)
    crosswalk("convert", FIXTURES / "functional.keras", tmp_path / "a.weights.h5", "--to", "same", "--allow-unmapped")
    crosswalk("convert", tmp_path / "a.weights.h5", tmp_path / "b.keras", "--to", "same", status=2)
    (tmp_path / "model.json").write_text(reference.to_json())
    crosswalk("convert", tmp_path / "a.weights.h5", tmp_path / "b.keras", "--to", "same",
              "--config", tmp_path / "model.json")
    model = keras.saving.load_model(tmp_path / "b.keras")
    assert np.array_equal(model.predict(INPUTS, verbose=0), reference.predict(INPUTS, verbose=0))


def test_an_archive_of_arrays_becomes_one_that_keras_reads(crosswalk, tmp_path):
    with pytest.raises(Exception):
        keras.saving.load_model(FIXTURES / "arrays.keras")
    crosswalk("convert", FIXTURES / "arrays.keras", tmp_path / "out.keras", "--to", "same")
    model = keras.saving.load_model(tmp_path / "out.keras")
    expected = keras.saving.load_model(tmp_path / "out.keras")
    expected.load_weights(FIXTURES / "arrays.weights.h5")
    assert len(model.weights) == 8
    for one, other in zip(model.weights, expected.weights):
        assert one.dtype == other.dtype and bool((one.value == other.value).all())
