"""tf_keras opens what `crosswalk convert` wrote of its files, and computes the same; what it writes is read."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import numpy as np
import pytest
import tf_keras as keras

from conftest import assert_same

TOKENS = np.arange(20).reshape(4, 5) % 11


def functional():
    """Trained for one step; BatchNormalization has weights that do not train."""
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.BatchNormalization()(keras.layers.Embedding(11, 4)(tokens))
    x = keras.layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    model = keras.Model(tokens, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    model.compile("adam", "mse")
    model.fit(TOKENS, np.ones((4, 3)), verbose=0)
    return model


def nested():
    """A model within a model within a model, one layer at two places, an optimizer of many variables."""
    inner = keras.Sequential([keras.layers.Dense(4, name="up"), keras.layers.Dense(4, name="down")], name="ffn")
    middle = keras.Sequential([inner, keras.layers.LayerNormalization()], name="block")
    shared = keras.layers.Dense(4, name="shared")
    tokens = keras.Input((5,), dtype="int32")
    x = shared(middle(shared(keras.layers.Embedding(11, 4)(tokens))))
    model = keras.Model(tokens, keras.layers.Dense(2)(middle(x)))
    model.compile(keras.optimizers.Nadam(0.01, clipnorm=1.0), "mse")
    model.fit(TOKENS, np.ones((4, 5, 2)), verbose=0)
    return model


def slashes():
    """Names with slashes, which become groups within groups."""
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(11, 4, name="encoder/layer.0/embedding")(tokens)
    x = keras.layers.Dense(4, name="encoder/layer.0/dense")(x)
    return keras.Model(tokens, keras.layers.Dense(2, name="encoder/head")(x))


def many():
    """Lists of names that no attribute holds, cut into pieces: of layers and, within one, of weights."""
    tokens = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(11, 2)(tokens)
    for number in range(12):
        x = keras.layers.Dense(2, name=f"{number}_{'long' * 2000}")(x)
    inner = keras.Sequential([keras.layers.Dense(2, name=f"{number}_{'n' * 4000}") for number in range(10)], name="inner")
    return keras.Model(tokens, inner(x))


def of_policy(policy):
    """Variables of a half's precision, or of float32 beside computations in it."""
    def build():
        keras.mixed_precision.set_global_policy(policy)
        try:
            tokens = keras.Input((5,), dtype="int32")
            x = keras.layers.Dense(4)(keras.layers.Embedding(11, 4)(tokens))
            return keras.Model(tokens, keras.layers.Dense(2)(x))
        finally:
            keras.mixed_precision.set_global_policy("float32")
    return build


MODELS = {"functional": functional, "nested": nested, "slashes": slashes, "many": many,
          **{policy: of_policy(policy) for policy in ("mixed_float16", "mixed_bfloat16", "float16")}}


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    return MODELS[request.param]()


def plain(value):
    """A value of an attribute, whose texts HDF5 keeps in two ways."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value


def datasets(path):
    """The numbers in a file by their paths, and the attributes of all that is in it."""
    tensors, attributes = {}, {}

    def visit(name, item):
        attributes[name] = {key: plain(np.asarray(value).tolist()) for key, value in item.attrs.items()}
        if isinstance(item, h5py.Dataset):
            tensors[name] = item[()]

    with h5py.File(path) as file:
        visit("", file)
        file.visititems(visit)
    return tensors, attributes


def variables(model):
    """The values of a model's variables and of its optimizer's, by number."""
    optimizer = getattr(model, "optimizer", None)
    found = [*model.weights, *(optimizer.variables if optimizer else [])]
    return {str(number): variable.numpy() for number, variable in enumerate(found)}


def zeroed(model):
    """A copy of a model, its weights forgotten."""
    config = model.get_config()
    copy = type(model).from_config(config)
    copy.set_weights([np.zeros_like(value) for value in model.get_weights()])
    return copy


def assert_carried(crosswalk, source, written):
    theirs, attributes = datasets(source)
    assert_same(crosswalk.read(source), theirs)
    ours, kept = datasets(written)
    assert_same(ours, theirs)
    assert kept == attributes


@pytest.mark.matrix("Keras 2 .h5", "read", "write")
@pytest.mark.parametrize("options", [(), ("--compress", "4")], ids=["plain", "compressed"])
def test_a_whole_model(crosswalk, model, options, tmp_path):
    model.save(tmp_path / "in.h5", save_format="h5")
    crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.h5", *options)
    assert_carried(crosswalk, tmp_path / "in.h5", tmp_path / "out.h5")
    ours, theirs = (keras.models.load_model(tmp_path / name) for name in ("out.h5", "in.h5"))
    assert_same(variables(ours), variables(theirs))
    assert_same({"": ours.predict(TOKENS, verbose=0)}, {"": model.predict(TOKENS, verbose=0)})


@pytest.mark.matrix("Keras 2 .h5", "read", "write")
def test_weights(crosswalk, model, tmp_path):
    model.save_weights(tmp_path / "in.h5", save_format="h5")
    crosswalk.convert(tmp_path / "in.h5", tmp_path / "out.h5")
    assert_carried(crosswalk, tmp_path / "in.h5", tmp_path / "out.h5")
    ours = zeroed(model)
    ours.load_weights(tmp_path / "out.h5")
    assert_same({str(i): value for i, value in enumerate(ours.get_weights())},
                {str(i): value for i, value in enumerate(model.get_weights())})
    assert_same({"": ours.predict(TOKENS, verbose=0)}, {"": model.predict(TOKENS, verbose=0)})
    if all(layer.name.count("/") == 0 for layer in model.layers):
        ours = zeroed(model)
        ours.load_weights(tmp_path / "out.h5", by_name=True)
        assert_same({"": ours.predict(TOKENS, verbose=0)}, {"": model.predict(TOKENS, verbose=0)})


@pytest.mark.matrix("Keras 3 .keras", "read", "write")
@pytest.mark.matrix("Keras 3 .weights.h5", "read", "write")
@pytest.mark.parametrize("name", ["archive.keras", "tree.weights.h5"])
def test_its_files_in_the_newer_forms(crosswalk, model, name, tmp_path):
    save, ours = (model.save, None) if name.endswith(".keras") else (model.save_weights, zeroed(model))
    save(tmp_path / name)
    crosswalk.convert(tmp_path / name, tmp_path / f"out-{name}")
    if ours is None:
        ours, theirs = (keras.models.load_model(tmp_path / file) for file in (f"out-{name}", name))
        assert_same(variables(ours), variables(theirs))
    else:
        ours.load_weights(tmp_path / f"out-{name}")
        assert_carried(crosswalk, tmp_path / name, tmp_path / f"out-{name}")
    assert_same({"": ours.predict(TOKENS, verbose=0)}, {"": model.predict(TOKENS, verbose=0)})


@pytest.mark.parametrize("name", ["in.h5", "in.weights.h5", "in.keras"])
def test_a_bfloat16_that_tf_keras_cannot_read_again_is_not_lost_silently(crosswalk, name, tmp_path):
    """It writes two opaque bytes and nothing that says what they are."""
    model = of_policy("bfloat16")()
    (model.save_weights if ".weights." in name else model.save)(tmp_path / name)
    with pytest.raises(ValueError):
        keras.models.load_model(tmp_path / name) if ".weights." not in name else model.load_weights(tmp_path / name)
    said = crosswalk.refusal("convert", tmp_path / name, tmp_path / f"out-{name}", "--to", "same")
    assert "opaque" in said and "dense" in said
