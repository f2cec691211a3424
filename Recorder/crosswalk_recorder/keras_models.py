"""The side of Keras: Keras 3 on any backend, and tf_keras."""

import hashlib
import importlib
import inspect
import json
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np

from .checks import RecordingError, check_same, matches

DIALECT = "keras"


def framework(model):
    """The package that the model is of: keras, or tf_keras; None for what is no Keras model."""
    names = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    return next((importlib.import_module(name) for name in ("tf_keras", "keras") if name in names), None)


def array(tensor):
    """The values now, as NumPy; half and bfloat16 become float32."""
    tensor = tensor.detach().cpu() if hasattr(tensor, "detach") else tensor
    if str(getattr(tensor, "dtype", "")).endswith(("float16", "bfloat16")):
        tensor = tensor.float() if hasattr(tensor, "detach") else np.asarray(tensor).astype("float32")
    return np.array(tensor)


def as_tensors(inputs):
    """Inputs as arrays, of float32 where they are floating."""
    inputs = {k: array(v) for k, v in inputs.items()}
    return {k: v.astype("float32") if v.dtype.kind == "f" else v for k, v in inputs.items()}


def as_arrays(inputs):
    return inputs


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
    """One run of a model: collects what layers compute by wrapping the call of every layer."""

    def __init__(self, model, globs, details, inputs):
        self.names, self.globs, self.details, self.inputs = names_of(model), globs, details, inputs
        self.nodes, self.attention, self.node_inputs, self.scores = {}, {}, {}, {}
        self.links, self.calls, self.places = {}, {}, {}

    def wrap(self, original):
        def call(layer, *args, **kwargs):
            name = self.names.get(id(layer))
            if name is None:
                return original(layer, *args, **kwargs)
            wanted = kwargs.get("return_attention_scores", False)
            masks = [(t, t._keras_mask) for t in tensors([args, kwargs]) if getattr(t, "_keras_mask", None) is not None]
            given = next((t for t in tensors([args, kwargs]) if "bool" not in str(t.dtype)), None)
            given = None if given is None or not self.details else (given, array(given))
            with unmasked_scores(layer) as seen:
                result = original(layer, *args, **kwargs)
                scores = None
                if wanted:
                    scores = array(result[1])
                elif "return_attention_scores" in inspect.signature(layer.call).parameters:
                    scores = self.probabilities(original, layer, args, kwargs, masks)
            # Counted after the call, as a model within counts after its own layers.
            count = self.calls.get(name, 0)
            self.calls[name] = count + 1
            key = name if count == 0 else f"{name}@{count}"
            if scores is not None and scores.ndim < 5:  # more axes have no place in a table
                self.attention[key] = scores if scores.ndim == 4 else scores[:, None]
                if self.details and seen and np.shape(seen[-1]) == scores.shape:
                    before = array(seen[-1])
                    self.scores[key] = before if before.ndim == 4 else before[:, None]
            if found := tensors(result):
                if matches(key, self.globs):
                    self.nodes[key] = array(found[0])
                    self.keep_input(key, given)
                    self.places.setdefault(id(found[0]), []).append((f"nodes/{key}", found[0], self.nodes[key]))
            return result
        return call

    def keep_input(self, key, given):
        """Keeps what a layer took in, and whose it is."""
        if given is None:
            return
        tensor, values = given
        self.node_inputs[key] = values
        known = [(name, other) for name, _, other in self.places.get(id(tensor), [])]
        # The model's own inputs become tensors on their way, so that they are known by their values alone.
        known += [(f"inputs/{name}", other) for name, other in self.inputs.items()]
        place = next((name for name, other in known if np.array_equal(values, other)), None)
        if place:
            self.links[f"node_inputs/{key}"] = place

    @staticmethod
    def probabilities(original, layer, args, kwargs, masks):
        """The table of a call that did not ask for it, by a second call that finds and leaves all as it was."""
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


@contextmanager
def unmasked_scores(layer):
    """Sees the scores as a layer gives them to where they are masked; yields their list."""
    seen, names = [], [name for name in ("_masked_softmax", "_apply_scores") if hasattr(layer, name)]

    def watched(original):
        def call(*args, **kwargs):
            seen.extend(tensors([args, kwargs])[:1])
            return original(*args, **kwargs)
        return call

    for name in names:  # past the layer's own attributes, which Keras guards once it is built
        layer.__dict__[name] = watched(getattr(layer, name))
    try:
        yield seen
    finally:
        for name in names:
            del layer.__dict__[name]


def in_double(model, keras):
    """The same model, built to compute in float64, with the same weights."""
    def change(value):
        if isinstance(value, dict):
            return {k: change(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [change(v) for v in value]
        return "float64" if value in ("float32", "mixed_float16", "mixed_bfloat16") else value
    default = keras.backend.floatx()
    keras.backend.set_floatx("float64")
    try:
        double = keras.models.model_from_json(json.dumps(change(json.loads(model.to_json()))))
    finally:
        keras.backend.set_floatx(default)
    double.set_weights([w.astype("float64") if w.dtype.kind == "f" else w for w in map(np.asarray, model.get_weights())])
    return double


# MARK: what flows in and out


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


def named(model, given):
    """The inputs by name, of what a model's call was given: the reverse of `arranged`."""
    if isinstance(given, dict):
        return {name: array(value) for name, value in given.items() if value is not None}
    return {name: array(value) for name, value in zip(input_names(model), tensors(given), strict=True)}


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


def run(model, inputs, keras, dtype, globs=("*",), times=1, details=False):
    """Runs the model in one precision; returns groups by name, and `links`. Runs that differ are an error."""
    backend = keras.backend
    inputs = {k: v.astype(dtype) if v.dtype.kind == "f" else v for k, v in inputs.items()}
    default, results = backend.floatx(), []
    for _ in range(times):
        watch = Watch(model, globs, details, inputs)
        backend.set_floatx(dtype)
        try:
            with mock.patch.object(keras.layers.Layer, "__call__", watch.wrap(keras.layers.Layer.__call__)):
                result = model(arranged(model, inputs), training=False)
        finally:
            backend.set_floatx(default)
        results.append({"outputs": named_outputs(model, result), "nodes": watch.nodes, "attention": watch.attention,
                        "node_inputs": watch.node_inputs, "scores": watch.scores, "rotary": {}, "links": watch.links})
    for other in results[1:]:
        check_same(results[0], other)
    return results[0]


def both(model, inputs, globs, details, exact, arguments=None):
    """The recording in float32, checked by a second run, and in float64 if wanted."""
    keras = framework(model)
    recorded = run(model, inputs, keras, "float32", globs, times=2, details=details)
    return recorded, run(in_double(model, keras), inputs, keras, "float64", globs, details=details) if exact else None


def facts(model):
    """Who computes, with what, in the words of the root attributes."""
    keras = framework(model)
    policy = getattr(getattr(model, "dtype_policy", None), "name", "float32")
    return {keras.__name__: keras.__version__}, {"backend": keras.backend.backend(), "dtype_policy": policy}


@contextmanager
def seeing_calls(model, see):
    """Tells of each call of a model the tensors that it is given, by name."""
    original = framework(model).layers.Layer.__call__

    def call(layer, *args, **kwargs):
        if layer is model:
            given = args[0] if args else kwargs["inputs"]
            if any("KerasTensor" in type(t).__name__ or "Symbolic" in type(t).__name__ for t in tensors(given)):
                raise RecordingError("the model is being traced, not called: call it itself, as predict compiles it")
            see(named(model, given), {})
        return original(layer, *args, **kwargs)

    with mock.patch.object(framework(model).layers.Layer, "__call__", call):
        yield


# MARK: models in files


def load(file, package="keras"):
    """The model in a .keras or .h5 file of a whole model."""
    return importlib.import_module(package).models.load_model(file, compile=False)


def weight_hashes(file):
    return {Path(file).name: hashlib.sha256(Path(file).read_bytes()).hexdigest()}


def save(model, folder):
    """Saves a model whole, as Keras does."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    model.save(Path(folder) / "model.keras")
