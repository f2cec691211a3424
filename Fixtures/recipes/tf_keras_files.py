"""The older HDF5 of TensorFlow's Keras: tf_keras 2.21, and transformers 4.49's tf_model.h5, whole and in shards;
and pickled arrays of Keras 3 on TensorFlow.

These need versions that requirements.txt excludes, so this stands alone: in an environment of requirements-tf-keras.txt,
    python Fixtures/recipes/tf_keras_files.py Fixtures/containers/tf-keras
"""

import hashlib
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import h5py
import numpy as np
import tensorflow as tf
import tf_keras as keras
from transformers import BertConfig, TFBertForMaskedLM

DTYPES = {"float32": "f32", "int64": "i64", "int32": "i32"}
INPUTS = np.arange(20).reshape(4, 5) % 11


def small():
    """Trained for one step, so that the optimizer has a state; BatchNormalization has weights that do not train."""
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(11, 4)(tokens)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.1)(x)
    model = keras.Model(tokens, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    model.compile("adam", "mse")
    model.fit(INPUTS, np.ones((4, 3)), verbose=0)
    return model


def expected(*paths):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            value = item[()]
            found[name] = {"dtype": DTYPES[value.dtype.name], "shape": list(value.shape),
                           "sha256": hashlib.sha256(value.tobytes()).hexdigest()}

    for path in paths:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    return {"tensors": found}


def arrays(path):
    """Variables of Keras 3 on TensorFlow as pickled arrays; its own weights tell what they are."""
    import keras as keras_3
    from keras.src.saving import saving_lib

    keras_3.utils.set_random_seed(6)
    model = keras_3.Sequential([keras_3.Input((2,)), keras_3.layers.Dense(3), keras_3.layers.BatchNormalization()])
    saving_lib.save_model(model, path, weights_format="npz")
    model.save_weights(path.with_suffix(".weights.h5"))


def make(folder):
    keras.utils.set_random_seed(5)
    model = small()
    model.save(folder / "whole.h5")
    model.save_weights(folder / "weights.h5")
    model.save_weights(folder / "tree.weights.h5")
    model.save(folder / "archive.keras")
    config = BertConfig(vocab_size=12, hidden_size=4, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
                        max_position_embeddings=8)
    bert = TFBertForMaskedLM(config)
    bert(tf.constant(INPUTS))
    bert.save_pretrained(folder)
    # Saving in shards removes it.
    (folder / "tf_model.h5").rename(folder / "bert.h5")
    bert.save_pretrained(folder, max_shard_size="1KB")
    (folder / "config.json").unlink()
    shards = sorted(folder.glob("tf_model-*.h5"))
    files = {name: expected(folder / name) for name in ("whole.h5", "weights.h5", "tree.weights.h5", "bert.h5")}
    arrays(folder / "arrays.keras")
    files["arrays.keras"] = files["arrays.weights.h5"] = expected(folder / "arrays.weights.h5")
    files["archive.keras"] = files["tree.weights.h5"]
    files["tf_model.h5.index.json"] = expected(*shards)
    (folder / "expectations.json").write_text(json.dumps(files, indent=1) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
