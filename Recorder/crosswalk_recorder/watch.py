"""One run of a torch module, watched."""

import inspect

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from .checks import matches
from .scores import Unmasked, is_scores, plain_attention

SOFTMAXES = (torch.softmax, torch.nn.functional.softmax, torch.Tensor.softmax)


class Watch(TorchFunctionMode):
    """Collects what a module computes on its way, and keeps float64 runs in float64.

    Attention is taken from where it is surest: torch.nn.MultiheadAttention is asked for it, a module that returns its
    probabilities is believed, and otherwise the last four-axis softmax (or fused attention) inside a module counts.
    """

    def __init__(self, module, dtype, globs, details, inputs):
        super().__init__()
        self.dtype, self.globs, self.details = dtype, globs, details
        self.nodes, self.attention, self.node_inputs, self.scores, self.rotary = {}, {}, {}, {}, {}
        self.links = {}
        self.names = {inner: name for name, inner in module.named_modules()}
        self.calls, self.stack, self.candidates = {}, [], {}
        self.unmasked, self.places = Unmasked(), {}
        for name, tensor in inputs.items():
            self.remember(tensor, f"inputs/{name}", snapshot(tensor))

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self.dtype == torch.float64:  # rotary tables and some softmaxes ask for float32 by name
            function = torch.Tensor.double if function is torch.Tensor.float else function
            args = tuple(torch.float64 if a is torch.float32 else a for a in args)
            kwargs = {k: torch.float64 if v is torch.float32 else v for k, v in kwargs.items()}
        if function is torch.nn.functional.scaled_dot_product_attention:
            result, probabilities, scores = plain_attention(*args, **kwargs)
            self.propose(probabilities, scores)
            return result
        twin = self.unmasked.before(function, args, kwargs) if self.details else None
        result = function(*args, **kwargs)
        if self.details:
            self.unmasked.after(result, twin)
        if function in SOFTMAXES and isinstance(result, torch.Tensor) and is_probabilities(result):
            self.propose(result, self.unmasked.of(args[0]) if args else None)
        return result

    def propose(self, probabilities, scores):
        """Remembers a table computed by the innermost running module (an nn.Softmax computes for its owner)."""
        owner = next((m for m in reversed(self.stack) if not isinstance(m, torch.nn.Softmax)), None)
        if owner is not None:
            self.candidates[owner] = (probabilities, scores)

    def found(self, module, table, shown, scores):
        """Keeps a module's table of attention and, where it is sure, the scores that it was made of."""
        key = self.key(module)
        self.attention[key] = (table, snapshot(shown))
        if scores is not None and scores.dim() == shown.dim():  # a sink's column is no key's
            scores = scores[..., :shown.shape[-1]]
        if self.details and is_scores(scores, shown):
            self.scores[key] = snapshot(scores)

    def key(self, module):
        """The module's name in this call: NAME for the first, NAME@1, NAME@2, … for those that follow."""
        count = self.calls.get(module, 0)
        name = self.names[module] or "attention"
        return name if count == 0 else f"{name}@{count}"

    def before(self, module, args, kwargs):
        self.stack.append(module)
        self.candidates.pop(module, None)
        # A module calls itself only through others, so its count stands until it is done.
        key = self.key(module)
        if self.details and self.names[module] and matches(key, self.globs):
            tensor = first_argument(module, args, kwargs)
            if tensor is not None:
                self.node_inputs[key] = snapshot(tensor)
                place = self.place(tensor, self.node_inputs[key])
                if place:
                    self.links[f"node_inputs/{key}"] = place

    def after(self, module, _args, result):
        """Keeps the module's main output and the attention that it computed."""
        self.stack.pop()
        key = self.key(module)
        returned = result if isinstance(result, (tuple, list)) else ()
        candidate, scores = self.candidates.pop(module, (None, None))
        tables = [t for t in returned[1:] if isinstance(t, torch.Tensor) and (is_probabilities(t) or begins(candidate, t))]
        table = tables[0] if tables else candidate
        known = any(table is original for original, _ in self.attention.values())
        if table is not None and key not in self.attention and not known:
            self.found(module, table, table, scores)
        main = main_tensor(result)
        if main is not None and self.names[module] and matches(key, self.globs):
            self.nodes[key] = snapshot(main)
            self.remember(main, f"nodes/{key}", self.nodes[key])
            if self.details and is_rotary(returned):
                for part, tensor in zip(("cos", "sin"), returned):
                    self.rotary[f"{key}.{part}"] = snapshot(tensor)
                self.links[f"rotary/{key}.cos"] = f"nodes/{key}"
        else:  # what a module took in is of no use where what it gave is not known
            self.node_inputs.pop(key, None)
            self.links.pop(f"node_inputs/{key}", None)
        self.calls[module] = self.calls.get(module, 0) + 1

    # What is which tensor.

    def remember(self, tensor, name, values):
        """The first who gave out a tensor is whose it is; it is held, so that its memory goes to no other."""
        if self.details:
            self.places.setdefault(memory(tensor), []).append((name, tensor, values))

    def place(self, tensor, values):
        """Where these very values of this very tensor are recorded already."""
        for name, _, known in self.places.get(memory(tensor), []):
            if np.array_equal(values, known, equal_nan=values.dtype.kind == "f"):
                return name
        return None


def memory(tensor):
    return tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype


def first_argument(module, args, kwargs):
    """The first tensor of numbers that a module is called with, in the order of its own parameters."""
    order = [name for name in inspect.signature(module.forward).parameters if name in kwargs]
    return numbers([*args, *(kwargs[name] for name in order), *(v for k, v in kwargs.items() if k not in order)])


def numbers(value):
    """The first tensor of a structure that holds numbers, not truth values."""
    if isinstance(value, torch.Tensor):
        return None if value.dtype == torch.bool or value.is_complex() else value
    values = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, list)) else ()
    return next((t for t in map(numbers, values) if t is not None), None)


def is_probabilities(tensor):
    """Whether a tensor is (batch, heads, queries, keys) with rows that sum to one; rows of NaN are fully masked."""
    if tensor.dim() != 4 or not tensor.is_floating_point() or tensor.numel() == 0:
        return False
    sums = tensor.detach().sum(-1)
    sums = sums[~sums.isnan()]
    return sums.numel() > 0 and bool((sums - 1).abs().max() < 1e-3)


def begins(probabilities, tensor):
    """Whether a tensor is the probabilities without their last columns, such as an attention sink's."""
    return (probabilities is not None and tensor.dim() == 4
            and torch.equal(tensor, probabilities[..., :tensor.shape[-1]].to(tensor.dtype)))


def is_rotary(returned):
    """Whether a module returned cosines and sines of the same angles, perhaps scaled."""
    if len(returned) != 2 or not all(isinstance(t, torch.Tensor) and t.is_floating_point() for t in returned):
        return False
    cosines, sines = returned
    if cosines.shape != sines.shape or cosines.numel() == 0:
        return False
    squares = cosines.double() ** 2 + sines.double() ** 2
    return bool(squares.min() > 0) and bool(squares.max() - squares.min() < 1e-2 * squares.max())


def main_tensor(result):
    """The tensor that a module's result is about: itself, or the first of a tuple, list or ModelOutput."""
    if isinstance(result, torch.Tensor):
        return result
    values = result.values() if isinstance(result, dict) else result if isinstance(result, (tuple, list)) else ()
    return next((t for t in map(main_tensor, values) if t is not None), None)


def snapshot(tensor):
    """The values now, as NumPy; later in-place operations do not reach them. half and bfloat16 become float32."""
    small = tensor.is_floating_point() and tensor.dtype not in (torch.float32, torch.float64)
    return np.array((tensor.float() if small else tensor).detach().cpu().numpy(), order="C")
