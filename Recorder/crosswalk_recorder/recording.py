"""A recording: of a model and its inputs, or of a call that the user's own code makes."""

import json
import sys
from contextlib import contextmanager

import h5py
import numpy as np

from .checks import DETAILS, GROUPS, RecordingError, check_complete, chosen
from .files import STORED, write


def side_of(model):
    """The module of this package that knows the model's framework."""
    names = {base.__module__.partition(".")[0] for base in type(model).__mro__}
    if names & {"keras", "tf_keras"}:
        from . import keras_models
        return keras_models
    if "torch" in names:
        from . import pytorch
        return pytorch
    raise RecordingError(f"{type(model).__name__} is neither a torch.nn.Module nor a Keras model")


def record(model, inputs=None, path="fixture.h5", *, outputs=("*",), nodes=("*",), details=True, float64=True,
           attention=True, dtype="float32", positions=None, seed=0, settings=None, arguments=None):
    """Runs a model on inputs by name and writes the fixture. Returns the float32 recording.

    model:     any torch.nn.Module, or a model of Keras 3 or tf_keras
    inputs:    arrays or tensors by name; drawn at random, by `seed`, if None
    path:      ends in .h5 or .safetensors
    outputs:   globs that choose among the model's outputs
    nodes:     globs that choose the modules whose inputs and outputs are kept
    details:   whether nodes' inputs, scores before the mask, and rotary tables are kept
    float64:   whether the reference in double precision is kept; or of which groups it is
    attention: False for a torch module without attention; otherwise finding none is an error
    dtype:     in what values are kept: float32, float16 or bfloat16; float64's are kept as they are
    positions: of how many positions of a sequence nodes are kept, their inputs not at all; None for all
    settings:  anything else that a reader should know, added to the settings attribute
    arguments: what else a torch module is called with, by name, and is no tensor
    """
    if dtype not in STORED:
        raise RecordingError(f"values are kept in {', '.join(STORED)}, not in {dtype}")
    side, settings = side_of(model), dict(settings or {})
    if inputs is None:
        from .drawing import draw
        inputs = draw(model, seed)
        settings["drawn_with_seed"] = seed
    inputs = side.as_tensors(inputs)
    if arguments:
        settings["arguments"] = {name: repr(value) for name, value in arguments.items()}
    recorded, exact = side.both(model, inputs, nodes, details, bool(float64), arguments)
    recorded["outputs"] = chosen(recorded["outputs"], outputs)
    check_complete(recorded, attention and side.DIALECT == "pytorch")
    kept = (*GROUPS, *DETAILS) if details else GROUPS
    groups = {"inputs": side.as_arrays(inputs), **{group: recorded[group] for group in GROUPS}}
    groups |= {group: recorded[group] for group in kept if recorded[group] and group in DETAILS}
    links = dict(recorded["links"])
    for group in (kept if float64 is True else tuple(float64 or ())):
        # A name that only one of the two has would never be compared.
        twins = {name: values for name, values in exact[group].items() if name in recorded[group]}
        if twins or group in GROUPS:
            groups[f"float64/{group}"] = twins
    for name, target in exact["links"].items() if exact else ():
        links[f"float64/{name}"] = target if target.startswith("inputs/") else f"float64/{target}"
    root = attributes(model, side, dtype, settings)
    if positions is not None:
        root, links = root | sample(groups, lengths_of(groups["inputs"]), positions, seed), {}
    write(path, groups, root, links, dtype)
    return recorded


def lengths_of(inputs):
    """How long the sequences are that flow in: the second axis, after the batch."""
    return {values.shape[1] for values in inputs.values() if values.ndim in (2, 3)}


def sample(groups, lengths, count, seed):
    """Leaves `count` positions, the first and the last among them, of nodes that have an axis of positions after the batch.

    What modules took in is left out, as it is of use only as a whole. Gives the attribute that tells of the positions.
    """
    if count < 2:
        raise RecordingError("keep at least 2 positions: the first and the last")
    random, samples = np.random.default_rng(seed), []
    for length in sorted(length for length in lengths if length > count):
        names = {name for name, values in groups["nodes"].items() if values.ndim > 2 and values.shape[1] == length}
        kept = sorted({0, length - 1, *(1 + random.permutation(length - 2)[:count - 2])})
        for group in ("nodes", "float64/nodes"):
            groups[group] = {name: values[:, kept] if name in names else values for name, values in groups.get(group, {}).items()}
        samples.append({"axis": 1, "of": length, "kept": [int(position) for position in kept],
                        "names": [f"nodes/{name}" for name in sorted(names)]})
    for group in ("node_inputs", "float64/node_inputs"):
        groups.pop(group, None)
    return {"positions": json.dumps(samples)}


def attributes(model, side, dtype, settings):
    """The root attributes: the format, who recorded it, and how."""
    versions, facts = side.facts(model)
    facts = {"class": type(model).__name__, "dtype": "float32", "stored": dtype, "python": sys.version.split()[0], "numpy": np.__version__,
             "h5py": h5py.__version__, **versions, **facts, **settings}
    return {"format": "crosswalk.trace", "version": 1, "dialect": side.DIALECT, "precision": "float32",
            "producer": ", ".join(f"{name} {version}" for name, version in versions.items()),
            "settings": json.dumps(facts, sort_keys=True)}


@contextmanager
def recording(model, path="fixture.h5", *, call=None, **options):
    """Records the call of a model that is made inside, wherever the code makes it.

        with recording(model, "fixture.h5"):
            pipeline("The cat sat.")

    The call itself is as it was; what it was given is recorded when the context ends, by `record` with these options.
    `call` says which, from 0, when there are several.
    """
    calls, side = [], side_of(model)
    with side.seeing_calls(model, lambda inputs, arguments: calls.append((inputs, arguments))):
        yield
    if not calls:
        raise RecordingError("the model was not called inside `with recording(…)`: call it there, not a copy of it")
    if call is None and len(calls) > 1:
        raise RecordingError(f"the model was called {len(calls)} times inside `with recording(…)`: say which, call=0 for the first")
    if not -len(calls) <= (call or 0) < len(calls):
        raise RecordingError(f"the model was called {len(calls)} times inside `with recording(…)`: there is no call={call}")
    inputs, arguments = calls[call or 0]
    record(model, inputs, path, arguments=arguments, **options)
