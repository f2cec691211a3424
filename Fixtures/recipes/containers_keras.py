"""Keras 3: .keras archives, .weights.h5, weights in shards, and the older whole-model .h5; by Keras itself.

`assets.keras` has a layer of our own that keeps a file, so that there are assets to carry along.
The dates in archives differ each time they are made.
"""

import json
import os
import zipfile

import h5py
import numpy as np

from .expectations import expect, refusal, tensors, write_expectations

INPUTS = np.arange(20).reshape(4, 5) % 11


def functional(keras):
    """A small attention model, trained for one step, so that the optimizer has a state."""
    keras.utils.set_random_seed(3)
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(11, 8)(tokens)
    x = keras.layers.MultiHeadAttention(2, 4)(x, x)
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.Dropout(0.1)(x)
    x = keras.layers.Dense(4, activation="gelu")(x)
    model = keras.Model(tokens, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    model.compile("adam", keras.losses.MeanSquaredError())
    model.fit(INPUTS, np.ones((4, 3)), verbose=0)
    return model


def with_assets(keras):
    """Weights in bfloat16, which HDF5 keeps as opaque bytes, and a layer with a file of its own."""
    @keras.saving.register_keras_serializable("crosswalk")
    class Words(keras.layers.Layer):
        def call(self, x):
            return x

        def save_assets(self, folder):
            with open(os.path.join(folder, "words.txt"), "w") as file:
                file.write("größer\n")

        def load_assets(self, folder):
            with open(os.path.join(folder, "words.txt")) as file:
                self.words = file.read()

    keras.utils.set_random_seed(4)
    return keras.Sequential([keras.Input((4,)), Words(), keras.layers.Dense(3, dtype="bfloat16")])


def datasets(path, root=None):
    """Expectations of all datasets of an HDF5 file, by path."""
    found = {}

    def visit(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        if item.attrs.get("dtype") == "bfloat16":
            words = item[()].view("<u2")
            expected = {**expect(words), "dtype": "bf16"}
            found[name] = {key: value for key, value in expected.items() if key != "values"}
        else:
            found[name] = expect(item[()])

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def dictionaries(path):
    """Dictionaries of arrays, as people keep them with NumPy; and one within another."""
    layer = {"kernel": np.ones((2, 2)), "bias": np.ones(2)}
    np.savez(path, plain=np.arange(3), layer=layer)
    np.savez_compressed(path.with_name("nested.npz"), layer={"inner": layer})


def make(folder):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras.src.saving import saving_lib

    model = functional(keras)
    model.save(folder / "functional.keras")
    model.save(folder / "legacy.h5")
    model.save_weights(folder / "functional.weights.h5")
    model.save_weights(folder / "sharded.weights.json", max_shard_size=2e-6)
    np.save(folder / "outputs.npy", model.predict(INPUTS, verbose=0))
    assets = with_assets(keras)
    assets.save(folder / "assets.keras")
    assets.save_weights(folder / "assets.weights.h5")
    # Pickled arrays, which Keras 3.15 itself writes but does not read.
    arrays = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.BatchNormalization(),
                               keras.layers.Dense(1, dtype="bfloat16")])
    saving_lib.save_model(arrays, folder / "arrays.keras", weights_format="npz")
    with zipfile.ZipFile(folder / "arrays.keras") as archive:
        archive.extract("model.weights.npz", folder)
    (folder / "model.weights.npz").rename(folder / "arrays.weights.npz")
    arrays.save_weights(folder / "arrays.weights.h5")
    dictionaries(folder / "dictionaries.npz")
    weights = datasets(folder / "functional.weights.h5")
    expectations = {
        "functional.keras": {"tensors": weights}, "functional.weights.h5": {"tensors": weights},
        "sharded.weights.json": {"tensors": weights}, "legacy.h5": {"tensors": datasets(folder / "legacy.h5")},
        "assets.keras": {"tensors": datasets(folder / "assets.weights.h5")},
        "arrays.weights.h5": {"tensors": datasets(folder / "arrays.weights.h5")},
        "arrays.keras": {"tensors": datasets(folder / "arrays.weights.h5")},
        "arrays.weights.npz": {"tensors": datasets(folder / "arrays.weights.h5")},
        "dictionaries.npz": tensors({"plain": np.arange(3), "layer/kernel": np.ones((2, 2)), "layer/bias": np.ones(2)}),
        "nested.npz": refusal("'inner' of a dictionary is not an array"),
    }
    # A shard less, and a shard outside.
    index = json.loads((folder / "sharded.weights.json").read_text())
    shards = index["weight_map"]
    last = list(shards)[-1]
    for name, files, words in (
            ("missing-shard", ["sharded_00099.weights.h5"], "sharded_00099"),
            ("outside", ["../functional.weights.h5"], "outside the folder"),
            ("no-list", [3], "string")):
        changed = {**index, "weight_map": {**shards, last: files}}
        (folder / f"{name}.weights.json").write_text(json.dumps(changed))
        expectations[f"{name}.weights.json"] = refusal(words)
    write_expectations(folder, expectations)
