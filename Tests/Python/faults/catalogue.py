"""The faults: what is written into a model, and by which words the cause may be called.

They follow from the model's own graph: what people get wrong about each operation that it has, and about its weights.
"""

import random
import re
from dataclasses import dataclass
from typing import Callable

import numpy as np

SETTINGS = {
    "layer_norm": [("epsilon", 1e-3, "epsilon"), ("epsilon", 1e-6, "epsilon")],
    "rms_norm": [("epsilon", 1e-3, "epsilon"), ("offset", 1, "norm-form")],
    "batch_norm": [("epsilon", 1e-3, "epsilon")],
    "group_norm": [("epsilon", 1e-3, "epsilon")],
    "activation": [("function", name, "activation") for name in ("gelu", "gelu_tanh", "quick_gelu", "silu", "relu")],
    "glu": [("function", "gelu", "activation"), ("gate", "second", "gate-half")],
    "attention": [("scale", 1, "scale"), ("scale", 0.1, "scale"), ("causal", "flip", "mask"), ("key_mask", None, "mask"),
                  ("mask", None, "mask"), ("heads", "half", "heads"), ("before", None, "mask"), ("soft_cap", None, "soft-cap")],
    "rotary": [("pairs", "interleaved", "rotary-pairs"), ("pairs", "half", "rotary-pairs"), ("base", 500000, "rotary-base"), ("base", 10000, "rotary-base"),
               ("width", "half", "rotary-width")],
    "learned_positions": [("offset", 0, "position-offset")],
    "sinusoidal_positions": [("layout", "interleaved", "position-formula"), ("layout", "concatenated", "position-formula"),
                             ("exponent", "pairs", "position-formula"), ("exponent", "width", "position-formula"), ("offset", 1, "position-offset")],
    "count_positions": [("offset", 0, "position-offset")],
    "alibi": [("max_bias", 4, "position-bias"), ("scale", 0.5, "position-bias")],
    "relative_bias": [("bidirectional", "flip", "position-bias"), ("max_distance", 32, "position-bias")],
    "scale": [("by", 1, "scale")],
    "soft_cap": [("cap", 10, "soft-cap")],
    "experts": [("normalize", "flip", "routing")],
    "recurrent": [("reset", "before", "gates"), ("direction", "backward", "gates")],
}
ALSO = {"mask": ("wiring",), "scale": ("left-out", "factor"), "position-offset": ("row-order",), "heads": ("head-order",)}


@dataclass
class Fault:
    name: str
    causes: tuple
    write: Callable


def nodes(items):
    """Every node object of an architecture, those of blocks within among them."""
    for item in items:
        yield from nodes(item["nodes"]) if "nodes" in item else [item]


def changed(node, key, value):
    """The value that a fault gives a setting; the same as it is where it says nothing."""
    old = node.get(key)
    if value == "flip":
        return not old
    if value == "half":
        return old // 2 if isinstance(old, int) and old % 2 == 0 and old > 2 else old
    return value


def settings(architecture):
    """A fault for each setting that the graph's operations have, at all nodes of one operation."""
    present = {}
    for node in nodes(architecture["nodes"]):
        present.setdefault(node["operation"], []).append(node)
    for operation, found in present.items():
        for key, value, cause in SETTINGS.get(operation, ()):
            if all(changed(node, key, value) == node.get(key) for node in found):
                continue

            def write(patient, operation=operation, key=key, value=value):
                for node in nodes(patient.architecture["nodes"]):
                    if node["operation"] == operation:
                        new = changed(node, key, value)
                        node.pop(key, None) if new is None else node.update({key: new})

            yield Fault(f"{operation}.{key} = {value}", (cause, *ALSO.get(cause, ())), write)


def weights(names, shapes, heads):
    """Faults of parameters: transposed, without bias, in another order, exchanged."""
    chosen = random.Random(0)
    for name in names:
        shape = shapes[name]
        stem, role = name.rsplit(".", 1)
        if role == "weight" and len(shape) == 2 and shape[0] == shape[1]:
            yield Fault(f"{name} transposed", ("transposed",), lambda p, n=name: p.parameter(n, np.transpose))
        if role == "bias":
            yield Fault(f"{name} left out", ("bias",), lambda p, n=name: p.parameter(n, np.zeros_like))
        if re.search(r"(query|key|value)\.weight$", name) and heads and shape[0] % heads == 0 and shape[0] > heads:
            yield Fault(f"{name} with heads interleaved", ("head-order", "row-order"), lambda p, n=name: p.parameter(
                n, lambda w: w.reshape(heads, -1, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)))
        others = [n for n in names if n > name and n.endswith("." + role) and shapes[n] == shape and len(shape) < 3]
        if others:
            other = chosen.choice(others)
            yield Fault(f"{name} and {other} exchanged", ("exchanged", "bias"), lambda p, a=name, b=other: p.exchange(a, b))


def faults(patient, most=40):
    """The faults of one model: all of its settings, and some of its weights."""
    names = patient.parameters()
    shapes = {name: patient.shape(name) for name in names}
    heads = next((n["heads"] for n in nodes(patient.architecture["nodes"]) if n.get("heads")), None)
    of_weights = list(weights(names, shapes, heads))
    random.Random(1).shuffle(of_weights)
    return list(settings(patient.architecture)) + of_weights[:most]


def pairs(faults, count):
    """Two faults at once, at random but the same each time."""
    chosen = random.Random(2)
    for _ in range(count):
        a, b = chosen.sample(faults, 2)

        def write(patient, a=a, b=b):
            a.write(patient)
            b.write(patient)

        yield Fault(f"{a.name} + {b.name}", (a.causes, b.causes), write)
