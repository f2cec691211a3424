"""Saves a model as Keras saves it, and holds Crosswalk to what Keras computes of it."""


import h5py
import numpy as np

import measures
from crosswalk_recorder import record
from crosswalk_recorder.keras_models import arranged, framework, named_outputs


def randomised(model, seed=1):
    """Every weight random, so that none can be lost or changed for another unseen."""
    random = np.random.default_rng(seed)
    weights = []
    for variable, values in zip(model.weights, model.get_weights()):
        name = getattr(variable, "path", variable.name).rpartition("/")[2]
        values = np.asarray(values)
        if values.dtype.kind in "iu":
            weights.append(values)
        elif "variance" in name:
            weights.append(random.uniform(0.5, 2, values.shape).astype(values.dtype))
        else:
            center = 1 if name.startswith(("gamma", "scale")) else 0
            weights.append((center + random.normal(size=values.shape) * 0.4).astype(values.dtype))
    model.set_weights(weights)
    return model


def compare(crosswalk, path, inputs, expected, folder, *options):
    """Runs a checkpoint and compares its outputs, by name, with what Keras computed."""
    np.savez(folder / "inputs.npz", **inputs)
    crosswalk("run", path, "--inputs", folder / "inputs.npz", "--output", folder / "run.h5", *options)
    with h5py.File(folder / "run.h5") as file:
        found = {name: values[()] for name, values in file["outputs"].items()}
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].shape == values.shape, name
        error = np.abs(found[name] - values).max() / max(1, np.abs(values).max())
        assert measures.note(error) < measures.BOUND, f"{name}: {error}"


def check(crosswalk, model, inputs, folder, *, float64=True, forms=("keras", "weights.h5", "h5"), attention=None):
    """The model's own files compute the same in every layer, and go through our own format and back."""
    keras = framework(model)
    inputs = {name: np.asarray(values) for name, values in inputs.items()}
    expected = named_outputs(model, model(arranged(model, inputs), training=False))
    model.save(folder / "model.keras")
    recorded = record(model, inputs, folder / "fixture.h5", float64=float64)
    crosswalk("verify", folder / "model.keras", folder / "fixture.h5", *(() if float64 else ("--atol", measures.BOUND, "--rtol", measures.BOUND)))
    if attention is not None:
        assert len(recorded["attention"]) == attention
    for form in forms:
        path, options = folder / f"model.{form}", ()
        if form == "weights.h5":
            model.save_weights(path)
            (folder / "model.json").write_text(model.to_json())
            options = ("--config", folder / "model.json")
        elif form != "keras":
            model.save(path)
        compare(crosswalk, path, inputs, expected, folder, *options)
        native, back = folder / "native.h5", folder / f"back.{form}"
        crosswalk("convert", path, native, "--force", *options)
        compare(crosswalk, native, inputs, expected, folder)
        crosswalk("convert", native, back, "--to", "source", "--force")
        same_weights(model, path, back, keras, form)


def same_weights(model, original, path, keras, form):
    """Keras loads what was written, with the weights that the model has."""
    if form == "weights.h5":
        other = keras.models.model_from_json(model.to_json())
        other.load_weights(path)
    else:
        try:
            keras.models.load_model(original, compile=False)
        except (TypeError, ValueError):
            assert form == "h5"  # Keras 3 writes what it does not read
            return same_file(original, path)
        other = keras.models.load_model(path, compile=False)
    for ours, theirs in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def same_file(original, path):
    """Both files hold the same, attributes and all."""
    with h5py.File(original) as a, h5py.File(path) as b:
        assert a.attrs["model_config"] == b.attrs["model_config"]

        def check_one(name, item):
            if isinstance(item, h5py.Dataset):
                np.testing.assert_array_equal(item[()], b[name][()])
        a.visititems(check_one)


def check_forms(crosswalk, model, inputs, folder, sources=("keras", "weights.h5", "h5")):
    """From each form that Keras saves, each form is written that Keras opens, and computes just the same."""
    keras = framework(model)
    inputs = {name: np.asarray(values) for name, values in inputs.items()}
    expected = named_outputs(model, model(arranged(model, inputs), training=False))
    (folder / "model.json").write_text(model.to_json())
    for source in sources:
        path = folder / f"model.{source}"
        (model.save_weights if source == "weights.h5" else model.save)(path)
        options = ("--config", folder / "model.json") if source == "weights.h5" else ()
        for form in ("keras", "weights.h5", "h5"):
            written = folder / f"{source}.out.{form}"
            crosswalk("convert", path, written, "--to", "keras", *options)
            if form == "weights.h5":
                other = keras.models.model_from_json(model.to_json())
                other.load_weights(written)
            else:
                other = keras.models.load_model(written, compile=False)
            found = named_outputs(other, other(arranged(other, inputs), training=False))
            assert set(found) == set(expected)
            for name, values in expected.items():
                np.testing.assert_array_equal(found[name], values)
