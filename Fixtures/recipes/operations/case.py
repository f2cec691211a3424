"""One case: an architecture, its parameters, inputs, and the outputs in float64 of the same numbers.

All numbers going in are multiples of 1/64, so that they are the same in every precision and short in the file.
"""

import contextlib
import json

import torch
import torch.nn.functional as functional


class Numbers:
    """Random numbers of a seed."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape, within=2):
        return torch.randint(-64 * within, 64 * within + 1, shape, generator=self.generator).double() / 64

    def ids(self, below, *shape):
        return torch.randint(0, below, shape, generator=self.generator)


@contextlib.contextmanager
def exact():
    """Some models of transformers have a softmax in float32 whatever the precision; here it is in float64."""
    softmax, plain = functional.softmax, torch.Tensor.float
    functional.softmax = lambda x, dim, dtype=None: softmax(x, dim)
    torch.Tensor.float = lambda self: self
    try:
        yield
    finally:
        functional.softmax, torch.Tensor.float = softmax, plain


def case(name, nodes, inputs, outputs, parameters=None, tolerance=None, axes=None):
    """inputs, outputs: tensors by name; an output is named after its node. An integer input named *mask is a mask.

    axes: the axes of inputs, by name, where they are not just names of unknown extent but the last.
    """
    declared = {}
    for key, tensor in inputs.items():
        dtype = "floating" if tensor.is_floating_point() else "mask" if key.endswith("mask") else "integer"
        plain = [f"{key}_{axis}" for axis in range(tensor.dim())]
        if dtype == "floating":
            plain[-1] = tensor.shape[-1]
        declared[key] = {"dtype": dtype, "axes": (axes or {}).get(key, plain)}
    architecture = {"inputs": declared, "nodes": nodes, "outputs": {key: key for key in outputs}}
    made = {"name": name, "architecture": architecture, "inputs": packed(inputs)}
    if parameters:
        made["parameters"] = packed(parameters)
    if tolerance:
        made["tolerance"] = tolerance
    return made | {"outputs": packed(outputs)}


def packed(tensors):
    return {name: pack(tensor) for name, tensor in tensors.items()}


def pack(tensor):
    values = [plain(value) for value in tensor.detach().flatten().tolist()]
    return {"dtype": "floating" if tensor.is_floating_point() else "integer", "shape": list(tensor.shape),
            "values": values}


def plain(value):
    """JSON has no infinities."""
    return str(value) if value in (float("inf"), float("-inf")) else value


def write(path, cases):
    lines = [json.dumps(made) for made in cases]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
