"""TensorFlow's own reader and ours agree about its checkpoints, of both generations."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from conftest import assert_same, sound

DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16",
          "uint8", "bool"]


def tensors(prefix):
    """What TensorFlow finds in a checkpoint, its texts left out."""
    reader = tf.train.load_checkpoint(str(prefix))
    dtypes = reader.get_variable_to_dtype_map()
    return {name: reader.get_tensor(name) for name, dtype in dtypes.items() if dtype != tf.string}


def objects(folder):
    """A model of Keras and its optimizer, by their objects."""
    model = tf_keras.Sequential([tf_keras.layers.Embedding(11, 4), tf_keras.layers.LSTM(3), tf_keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.arange(20).reshape(4, 5) % 11, np.ones((4, 2)), verbose=0)
    return tf.train.Checkpoint(model=model, optimizer=model.optimizer, step=tf.Variable(1 << 40, dtype=tf.int64),
                               layers=[tf.Variable(1.0), {"größe": tf.Variable([2.0])}]).save(str(folder / "ckpt"))


def weights(folder):
    """What save_weights of Keras 2 makes when the name has no ending."""
    model = tf_keras.Sequential([tf_keras.layers.Dense(3), tf_keras.layers.BatchNormalization()])
    model.build((None, 4))
    model.save_weights(str(folder / "weights"))
    return folder / "weights"


def names(folder):
    """What a Saver of TensorFlow 1 makes: names as they are, each dtype, enough of them for many blocks."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for dtype in DTYPES:
            values = (np.arange(-3, 3).reshape(2, 3) % 7).astype(tf.dtypes.as_dtype(dtype).as_numpy_dtype)
            tf.compat.v1.Variable(tf.constant(values), name=f"of/{dtype}", use_resource=True)
        for layer in range(300):
            tf.compat.v1.get_variable(f"bert/encoder/layer_{layer}/attention/self/query/kernel", (2, 2))
        tf.compat.v1.get_variable("empty", initializer=tf.zeros((0, 3)))
        tf.compat.v1.get_variable("scalar", initializer=2.5)
        session.run(tf.compat.v1.global_variables_initializer())
        return tf.compat.v1.train.Saver().save(session, str(folder / "model.ckpt"), global_step=7)


@pytest.mark.matrix("TensorFlow checkpoint", "read")
@pytest.mark.parametrize("make", [objects, weights, names])
def test_what_tensorflow_writes_is_read(crosswalk, make, tmp_path):
    prefix = make(tmp_path)
    theirs = tensors(prefix)
    for checkpoint in (prefix, f"{prefix}.index", tmp_path):
        assert_same(crosswalk.read(checkpoint), theirs)


@pytest.mark.matrix("TensorFlow checkpoint", "read")
@pytest.mark.parametrize("source", [path for path in sound("tensorflow") if path.stem != "dtypes"],
                         ids=lambda path: path.name)
def test_the_fixtures_are_what_tensorflow_reads(crosswalk, source):
    assert_same(crosswalk.read(source), tensors(source.with_suffix("")))


@pytest.mark.matrix("TensorFlow checkpoint", "read")
def test_partitioned_variables_are_put_together(crosswalk, tmp_path):
    """As estimators with parameter servers wrote large tables."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for name, shape, parts in (("table", (10, 3), 4), ("flat", (7,), 2)):
            tf.compat.v1.get_variable(name, shape, partitioner=tf.compat.v1.fixed_size_partitioner(parts))
        session.run(tf.compat.v1.global_variables_initializer())
        prefix = tf.compat.v1.train.Saver().save(session, str(tmp_path / "model.ckpt"))
    assert_same(crosswalk.read(prefix), tensors(prefix))


def test_the_programs_names_stand_beside_those_that_are_stored(crosswalk, tmp_path):
    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2, name="head")])
    prefix = tf.train.Checkpoint(model=model).save(str(tmp_path / "ckpt"))
    report = crosswalk.json("inspect", prefix)
    names = report["metadata"]["bundle"]["full_names"]
    assert {name.split("/")[-1] for name in names.values()} >= {"kernel", "bias"}
    assert {tensor["name"] for tensor in report["tensors"]} == set(tensors(prefix))
    assert "head/kernel" in crosswalk("inspect", prefix)


@pytest.mark.matrix("TensorFlow checkpoint", "read")
def test_the_variables_of_a_saved_model_are_read(crosswalk, tmp_path):
    module = tf.Module()
    module.weight, module.bias = tf.Variable(tf.random.normal((2, 3))), tf.Variable(tf.zeros(3, tf.bfloat16))
    tf.saved_model.save(module, str(tmp_path / "saved"))
    assert_same(crosswalk.read(tmp_path / "saved"), tensors(tmp_path / "saved/variables/variables"))
