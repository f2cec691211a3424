"""Keras 3 opens what we wrote of models that it saves here, in every form; on PyTorch and, in its own environment, on TensorFlow."""

import importlib.util
import os

BACKEND = os.environ.setdefault("KERAS_BACKEND", "torch" if importlib.util.find_spec("torch") else "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import keras
import ml_dtypes
import numpy as np
import pytest

from conftest import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TOKENS = np.arange(20).reshape(4, 5) % 11


def trained(model, kind="adam"):
    model.compile(kind, keras.losses.MeanSquaredError())
    model.fit(TOKENS, np.ones((4, *model.output_shape[1:])), verbose=0)
    return model


def functional():
    """BatchNormalization has weights that do not train, attention layers within."""
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.BatchNormalization()(keras.layers.Embedding(11, 4)(tokens))
    x = keras.layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    x = keras.layers.GroupQueryAttention(2, 4, 2)(x, x)
    return trained(keras.Model(tokens, keras.layers.Dense(3)(keras.layers.Flatten()(x))))


def nested():
    """A model within a model within a model, one layer at two places, an optimizer of many variables."""
    inner = keras.Sequential([keras.layers.Dense(4, name="up"), keras.layers.Dense(4, name="down-1")], name="ffn")
    middle = keras.Sequential([inner, keras.layers.LayerNormalization(), keras.layers.RMSNormalization()])
    shared = keras.layers.Dense(4, name="shared")
    tokens = keras.Input((5,), dtype="int32")
    x = shared(middle(shared(keras.layers.Embedding(11, 4)(tokens))))
    model = keras.Model(tokens, keras.layers.Dense(2)(middle(x)))
    return trained(model, keras.optimizers.Nadam(0.01, clipnorm=1.0))


def many():
    """More layers and longer names than attributes hold in one piece, without an optimizer."""
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(11, 2)(tokens)
    for number in range(12):
        x = keras.layers.Dense(2, name=f"{number}_{'long' * 2000}")(x)
    return keras.Model(tokens, x)


def of_policy(policy):
    def build():
        tokens = keras.Input((5,), dtype="int32")
        x = keras.layers.Dense(4, dtype=policy)(keras.layers.Embedding(11, 4, dtype=policy)(tokens))
        return keras.Model(tokens, keras.layers.Dense(2, dtype=policy)(x))
    return build


def quantised():
    model = of_policy("float32")()
    model.quantize("int8")
    return model


MODELS = {"functional": functional, "nested": nested, "many": many, "int8": quantised,
          **{policy: of_policy(policy) for policy in ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")}}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    keras.utils.set_random_seed(5)
    return MODELS[request.param]()


def optimizer(model):
    return getattr(model, "optimizer", None)


def variables(model):
    """The values of a model's variables and of its optimizer's, by number."""
    found = [*model.weights, *(optimizer(model).variables if optimizer(model) else [])]
    kinds = {"bfloat16": ml_dtypes.bfloat16}
    return {str(number): np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(variable.value, "float32") if
            variable.dtype == "bfloat16" else variable.value)).astype(kinds.get(variable.dtype, variable.dtype))
            for number, variable in enumerate(found)}


def computed(model):
    return {"": np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(model(TOKENS, training=False), "float32")))}


def zeroed(model):
    """A copy of a model, its weights and its optimizer's forgotten."""
    copy = keras.models.clone_model(model)
    if kind := optimizer(model):
        trained(copy, type(kind).from_config(kind.get_config()))
    for variable in copy.weights:
        variable.assign(np.zeros(variable.shape))
    return copy


def datasets(path):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            bfloat16 = item.attrs.get("dtype") == "bfloat16"
            found[name] = item[()].view(ml_dtypes.bfloat16) if bfloat16 else item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.mark.matrix("Keras 3 .keras", "read", "write")
@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
def test_an_archive(crosswalk, model, options, tmp_path):
    model.save(tmp_path / "in.keras")
    crosswalk.convert(tmp_path / "in.keras", tmp_path / "out.keras", *options)
    ours = keras.saving.load_model(tmp_path / "out.keras")
    assert_same(variables(ours), variables(model))
    assert_same(computed(ours), computed(model))


@pytest.mark.matrix("Keras 3 .weights.h5", "read", "write")
@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
def test_weights(crosswalk, model, options, tmp_path):
    model.save_weights(tmp_path / "in.weights.h5")
    assert_same(crosswalk.read(tmp_path / "in.weights.h5"), datasets(tmp_path / "in.weights.h5"))
    crosswalk.convert(tmp_path / "in.weights.h5", tmp_path / "out.weights.h5", *options)
    assert_same(datasets(tmp_path / "out.weights.h5"), datasets(tmp_path / "in.weights.h5"))
    ours = zeroed(model)
    ours.load_weights(tmp_path / "out.weights.h5")
    assert_same(variables(ours), variables(model))
    assert_same(computed(ours), computed(model))


@pytest.mark.matrix("Keras 3 .weights.h5", "read", "write")
def test_shards(crosswalk, model, tmp_path):
    model.save_weights(tmp_path / "in.weights.json", max_shard_size=1e-6)
    theirs = {}
    for path in sorted(tmp_path.glob("in_*.weights.h5")):
        theirs |= datasets(path)
    assert_same(crosswalk.read(tmp_path / "in.weights.json"), theirs)


@pytest.mark.matrix("Keras 2 .h5", "read", "write")
def test_the_older_form(crosswalk, model, tmp_path):
    model.save(tmp_path / "in.h5")
    if "bfloat16" in {variable.dtype for variable in model.weights}:
        # Opaque bytes that nothing names, which Keras itself does not read again.
        assert "opaque" in crosswalk.refusal("convert", tmp_path / "in.h5", tmp_path / "out.h5", "--to", "same")
        return
    assert_same(crosswalk.read(tmp_path / "in.h5"), datasets(tmp_path / "in.h5"))
    crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.h5")
    ours, theirs = (keras.saving.load_model(tmp_path / name) for name in ("out.h5", "in.h5"))
    assert_same(variables(ours), variables(theirs))
    assert_same(computed(ours), computed(model))
