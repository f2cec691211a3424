"""Records what a Keras model computes, as a fixture that `crosswalk verify` compares against.

On the command line, for a model that Keras saved whole:

    python record_keras.py --model model.keras --inputs inputs.json -o fixture.h5

In your own script, for any Keras model, of Keras 3 on any backend or of tf_keras:

    from record_keras import record
    record(model, {"tokens": tokens}, "fixture.h5")

The fixture holds each layer's output by the layer's name (`encoder.dense` for a layer of a model within, `dense@1` for
the second call), the attention scores of layers that have any, and the model's outputs, in float32 and once more in
float64 with the same weights. README.md describes the file. It stands alone, as record.py does.
"""

import argparse
import fnmatch
import hashlib
import importlib
import inspect
import json
import sys
from pathlib import Path
from unittest import mock

import h5py
import numpy as np

GROUPS = ("outputs", "nodes", "attention")


class RecordingError(Exception):
    """The recording would not be a sound reference. The message says what to do."""


def framework(model):
    """The package that the model is of: keras, or tf_keras."""
    names = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    for name in ("tf_keras", "keras"):
        if name in names:
            return importlib.import_module(name)
    raise RecordingError(f"{type(model).__name__} is no Keras model")


def array(tensor):
    """The values now, as NumPy; half and bfloat16 become float32."""
    tensor = tensor.detach().cpu() if hasattr(tensor, "detach") else tensor
    if str(getattr(tensor, "dtype", "")).endswith(("float16", "bfloat16")):
        tensor = tensor.float() if hasattr(tensor, "detach") else np.asarray(tensor).astype("float32")
    return np.array(tensor)


def is_tensor(value):
    return hasattr(value, "shape") and hasattr(value, "dtype")


def tensors(value):
    """Every tensor of a structure, in order."""
    if is_tensor(value):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for item in items for tensor in tensors(item)]


def names_of(model, prefix=""):
    """The dotted name of each layer, those of models within among them."""
    found = {}
    for layer in model.layers:
        name = prefix + layer.name
        found.setdefault(id(layer), name)
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            for key, inner in names_of(layer, name + ".").items():
                found.setdefault(key, inner)
    return found


# MARK: one run


class Watch:
    """One run of a model: collects nodes and attention by wrapping the call of every layer."""

    def __init__(self, model, globs):
        self.names, self.globs = names_of(model), globs
        self.nodes, self.attention, self.calls = {}, {}, {}

    def wrap(self, original):
        def call(layer, *args, **kwargs):
            name = self.names.get(id(layer))
            if name is None:
                return original(layer, *args, **kwargs)
            wanted = kwargs.get("return_attention_scores", False)
            masks = [(t, t._keras_mask) for t in tensors([args, kwargs]) if getattr(t, "_keras_mask", None) is not None]
            result = original(layer, *args, **kwargs)
            scores = None
            if wanted:
                scores = array(result[1])
            elif "return_attention_scores" in inspect.signature(layer.call).parameters:
                scores = self.scores(original, layer, args, kwargs, masks)
            # Counted after the call, as a model within counts after its own layers.
            count = self.calls.get(name, 0)
            self.calls[name] = count + 1
            key = name if count == 0 else f"{name}@{count}"
            if scores is not None and scores.ndim < 5:  # more axes have no place in a table
                self.attention[key] = scores if scores.ndim == 4 else scores[:, None]
            if found := tensors(result):
                if any(fnmatch.fnmatchcase(key, glob) for glob in self.globs):
                    self.nodes[key] = array(found[0])
            return result
        return call

    @staticmethod
    def scores(original, layer, args, kwargs, masks):
        """The scores of a call that did not ask for them, by a second call that finds and leaves all as it was."""
        after = [(tensor, getattr(tensor, "_keras_mask", None)) for tensor, _ in masks]
        for tensor, mask in masks:
            tensor._keras_mask = mask
        scores = array(original(layer, *args, **{**kwargs, "return_attention_scores": True})[1])
        for tensor, mask in after:
            tensor._keras_mask = mask
        # Where nothing may be seen, the fused kernel that computes the output sees all alike.
        if hasattr(layer, "_compute_attention") and not getattr(layer, "_dropout", getattr(layer, "dropout", 0)):
            scores = np.where(scores.sum(-1, keepdims=True) == 0, 1 / scores.shape[-1], scores).astype(scores.dtype)
        return scores


def in_double(model, keras):
    """The same model, built to compute in float64, with the same weights."""
    def change(value):
        if isinstance(value, dict):
            return {k: change(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [change(v) for v in value]
        return "float64" if value in ("float32", "mixed_float16", "mixed_bfloat16") else value
    double = keras.models.model_from_json(json.dumps(change(json.loads(model.to_json()))))
    double.set_weights([w.astype("float64") if w.dtype.kind == "f" else w for w in map(np.asarray, model.get_weights())])
    return double


def name_of(tensor):
    """What an input is called: as its layer, whose name the config has; Keras 3 names a nameless one's tensor otherwise."""
    history = getattr(tensor, "_keras_history", None)
    layer = getattr(history, "operation", getattr(history, "layer", None))
    return getattr(layer, "name", None) or tensor.name.partition(":")[0]


def input_names(model):
    """The names of what flows in, in order."""
    return [name_of(tensor) for tensor in model.inputs]


def arranged(model, inputs):
    """The inputs as the model's call takes them."""
    struct = getattr(model, "_inputs_struct", getattr(model, "_nested_inputs", None))
    if isinstance(struct, dict):
        return {key: inputs[key] if key in inputs else inputs[name_of(struct[key])] for key in struct}
    names = input_names(model)
    if missing := [name for name in names if name not in inputs] if len(names) > 1 else []:
        raise RecordingError(f"no input is called {missing[0]}: the model's are {', '.join(names)}")
    values = [inputs[name] for name in names] if len(names) > 1 else list(inputs.values())
    return values if len(values) > 1 else values[0]


def named_outputs(model, result):
    """The outputs by name: a dict's keys, else the names of the layers that put them out."""
    if isinstance(result, dict):
        return {name: array(value) for name, values in result.items() for value in tensors(values)}
    found, named = tensors(result), {}
    names = list(getattr(model, "output_names", None) or []) or [model.layers[-1].name]
    for number, value in enumerate(found):
        name = names[number] if number < len(names) else f"output_{number}"
        count = sum(key == name or key.rpartition("_")[0] == name and key.rpartition("_")[2].isdigit() for key in named)
        named[name if name not in named else f"{name}_{count}"] = array(value)
    return named


def run(model, inputs, keras, dtype, globs=("*",), times=1):
    """Runs the model in one precision; returns {outputs, nodes, attention}. Runs that differ are an error."""
    backend = keras.backend
    inputs = {k: v.astype(dtype) if v.dtype.kind == "f" else v for k, v in inputs.items()}
    default, results = backend.floatx(), []
    for _ in range(times):
        watch = Watch(model, globs)
        backend.set_floatx(dtype)
        try:
            with mock.patch.object(keras.layers.Layer, "__call__", watch.wrap(keras.layers.Layer.__call__)):
                result = model(arranged(model, inputs), training=False)
        finally:
            backend.set_floatx(default)
        results.append({"outputs": named_outputs(model, result), "nodes": watch.nodes, "attention": watch.attention})
    for other in results[1:]:
        for group in GROUPS:
            for name, values in results[0][group].items():
                if not np.array_equal(values, other[group].get(name), equal_nan=values.dtype.kind == "f"):
                    raise RecordingError(f"{group}/{name} differs between two runs: switch off randomness in the model")
    return results[0]


# MARK: the file


def record(model, inputs, path, *, float64=True, outputs=("*",), nodes=("*",), settings=None):
    """Runs the model on inputs by name and writes the fixture. Returns the float32 recording.

    float64:  whether the reference in double precision is recorded; only models that say their graph can be
    outputs:  globs that choose among the model's outputs
    nodes:    globs that choose the layers whose outputs are kept
    settings: anything else that a reader should know, added to the settings attribute
    """
    keras = framework(model)
    inputs = {k: np.asarray(v) for k, v in inputs.items()}
    inputs = {k: v.astype("float32") if v.dtype.kind == "f" else v for k, v in inputs.items()}
    recorded = chosen(run(model, inputs, keras, "float32", nodes, times=2), outputs)
    groups = {"inputs": inputs, **recorded}
    if float64:
        default = keras.backend.floatx()
        keras.backend.set_floatx("float64")
        try:
            double = in_double(model, keras)
        finally:
            keras.backend.set_floatx(default)
        exact = chosen(run(double, inputs, keras, "float64", nodes), outputs)
        # A name that only one of the two has would never be compared.
        groups.update({f"float64/{g}": {k: v for k, v in exact[g].items() if k in recorded[g]} for g in GROUPS})
    write(path, groups, attributes(model, keras, settings or {}))
    return recorded


def chosen(recorded, globs):
    kept = {k: v for k, v in recorded["outputs"].items() if any(fnmatch.fnmatchcase(k, glob) for glob in globs)}
    if not kept:
        raise RecordingError("the model returned no output of these names")
    return {**recorded, "outputs": kept}


def attributes(model, keras, settings):
    """The root attributes: the format, who recorded it, and how."""
    facts = {"class": type(model).__name__, "backend": keras.backend.backend(), "dtype": "float32",
             "h5py": h5py.__version__, "python": sys.version.split()[0], "numpy": np.__version__, **settings}
    return {"format": "crosswalk.trace", "version": 1, "dialect": "keras", "precision": "float32",
            "producer": f"{keras.__name__} {keras.__version__}", "settings": json.dumps(facts, sort_keys=True)}


def write(path, groups, attrs):
    """Writes HDF5. A dotted name is one link, never nested groups; a slash would be one, and is a dot."""
    with h5py.File(path, "w") as file:
        for key, value in attrs.items():
            file.attrs[key] = np.int64(value) if isinstance(value, int) else value
        for group, named in groups.items():
            parent = file.create_group(group)
            for name, values in named.items():
                parent.create_dataset(name.replace("/", "."), data=values)


def read_inputs(path):
    """Inputs by name, from JSON, npz or HDF5 (datasets at the root or under /inputs)."""
    path = Path(path)
    if path.suffix == ".json":
        return {k: np.array(v) for k, v in json.loads(path.read_text()).items()}
    if path.suffix == ".npz":
        with np.load(path) as file:
            return {k: file[k] for k in file.files}
    if path.suffix in (".h5", ".hdf5"):
        with h5py.File(path) as file:
            group = file.get("inputs", file)
            return {k: np.asarray(v[()]) for k, v in group.items() if isinstance(v, h5py.Dataset)}
    raise RecordingError(f"{path}: inputs are read from .json, .npz or .h5")


def main():
    parser = argparse.ArgumentParser(description="Records what a Keras model computes, as a fixture.")
    parser.add_argument("--model", required=True, metavar="FILE", help="a .keras or .h5 file of the whole model")
    parser.add_argument("--inputs", required=True, metavar="FILE", help=".json, .npz or .h5")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="fixture.h5")
    parser.add_argument("--tf-keras", action="store_true", help="load it with tf_keras, as Keras 2 models need")
    parser.add_argument("--no-float64", action="store_true", help="leave out the float64 reference")
    parser.add_argument("--outputs", nargs="*", default=["*"], metavar="GLOB", help="outputs to keep; default: all")
    parser.add_argument("--nodes", nargs="*", default=["*"], metavar="GLOB", help="layers to keep; default: all")
    options = parser.parse_args()
    try:
        keras = importlib.import_module("tf_keras" if options.tf_keras else "keras")
        model = keras.models.load_model(options.model, compile=False)
        weights = hashlib.sha256(Path(options.model).read_bytes()).hexdigest()
        recorded = record(model, read_inputs(options.inputs), options.output, float64=not options.no_float64,
                          outputs=options.outputs, nodes=options.nodes,
                          settings={"weights": {Path(options.model).name: weights}})
    except (RecordingError, OSError, ValueError, TypeError, RuntimeError, KeyError) as error:
        sys.exit(f"record_keras.py: {error}")
    print(f"{options.output}: " + ", ".join(f"{len(recorded[group])} {group}" for group in GROUPS))


if __name__ == "__main__":
    main()
