"""What makes a recording unsound, and whether two recordings agree."""

import fnmatch
import json

import numpy as np

GROUPS = ("outputs", "nodes", "attention")
DETAILS = ("node_inputs", "scores", "rotary")
"""What is recorded beside: what each node took in, attention before the mask, rotary tables."""


class RecordingError(Exception):
    """The recording would not be a sound reference. The message says what to do."""


def matches(name, globs):
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def chosen(named, globs):
    return {name: values for name, values in named.items() if matches(name, globs)}


def same(first, second):
    """Whether two arrays are of one dtype and equal to the bit, NaN and NaN alike."""
    return (second is not None and first.dtype == second.dtype
            and np.array_equal(first, second, equal_nan=first.dtype.kind == "f"))


def check_same(first, second):
    """Two runs must agree to the bit: dropout or other randomness would make the reference worthless."""
    for group in (*GROUPS, *DETAILS):
        for name, values in first[group].items():
            if not same(values, second[group].get(name)):
                raise RecordingError(f"{group}/{name} differs between two runs: switch off randomness in the model")


def check_complete(recorded, attention):
    """Something must have been recorded, attention too unless the caller knows that there is none."""
    if not recorded["outputs"]:
        raise RecordingError("the model returned no tensor of the chosen names: return a tensor, a tuple, or a dict of them")
    if attention and not recorded["attention"]:
        raise RecordingError("no attention probabilities were seen: use eager attention, or pass attention=False "
                             "(--no-attention) for a model that has none")


def differences(first, second):
    """How two recordings differ, a line for each name; none if they agree to the bit.

    Names, dtypes, shapes and values count, and the weights by their hashes; versions and machines do not.
    """
    from .files import read
    (ours, attributes), (theirs, others) = read(first), read(second)
    lines = [f"{name}: only in {path}" for here, there, path in ((ours, theirs, first), (theirs, ours, second))
             for name in here if name not in there]
    for name in (name for name in ours if name in theirs):
        a, b = ours[name], theirs[name]
        if a.shape != b.shape or a.dtype != b.dtype:
            lines.append(f"{name}: {a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}")
        elif not same(a, b):
            far = np.abs(np.subtract(a, b, dtype="f8")).max()
            lines.append(f"{name}: differs by up to {far:.3g}")
    weights, known = (json.loads(a.get("settings", "{}")).get("weights") for a in (attributes, others))
    if weights and known and sorted(weights.values()) != sorted(known.values()):
        lines.append("the weights: other files, by their SHA-256")
    return lines
