"""Attention scores before the mask: of the fused kernel, of torch.nn.MultiheadAttention, and of arithmetic as people write it."""

import inspect
from contextlib import contextmanager
from unittest import mock

import torch

HIDING = 1e3
"""What is added to hide a position is at least so large; scores are smaller."""


def plain_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """scaled_dot_product_attention as its documentation spells it out, with the probabilities and the scores."""
    if enable_gqa:
        repeats = query.shape[-3] // key.shape[-3]
        key, value = (t.repeat_interleave(repeats, dim=-3) for t in (key, value))
    scores = masked = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        masked = scores.masked_fill(~attn_mask, float("-inf"))
    elif attn_mask is not None:
        masked = scores + attn_mask
        scores = scores if hides(attn_mask) else None  # what is no mask belongs to the scores, and cannot be told apart
    probabilities = torch.softmax(masked, dim=-1)
    return probabilities @ value, probabilities, scores


def hides(value):
    """Whether a number or tensor only hides: all that is not zero is very large."""
    if isinstance(value, torch.Tensor):
        return value.is_floating_point() and bool(((value == 0) | (value.abs() >= HIDING)).all())
    return isinstance(value, (int, float)) and abs(value) >= HIDING


class Unmasked:
    """Follows scores through the arithmetic that masks them, as they would be without the masks.

    A tensor that a mask was added to has a twin without it, and what is computed of it element by element has one, too.
    """

    ADDING = {"add", "__add__", "__radd__", "add_", "__iadd__", "sub", "__sub__", "__rsub__", "sub_", "__isub__"}
    FILLING = {"masked_fill", "masked_fill_"}
    PLAIN = {"mul", "__mul__", "__rmul__", "mul_", "__imul__", "div", "__truediv__", "div_", "__itruediv__", "to", "float",
             "double", "type_as", "contiguous", "clone", "view", "reshape"} | ADDING
    IN_PLACE = {"__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div"}

    def __init__(self):
        self.twins = {}

    def of(self, tensor):
        """The tensor without its masks; itself if it has none."""
        return self.twins[id(tensor)][1] if id(tensor) in self.twins else tensor

    def before(self, function, args, kwargs):
        """What the result of a call will be without masks; asked before the call, which may overwrite what it is given."""
        name = getattr(function, "__name__", "")
        tensors = [a for a in args if isinstance(a, torch.Tensor)]
        if not any(t.dim() == 4 for t in tensors) and name not in ("cat", "concat"):
            return None
        if name in self.FILLING and hides(args[2] if len(args) > 2 else kwargs.get("value")):
            return self.kept(args[0], name)
        if name == "where" and len(args) == 3:
            rest = [a for a in args[1:] if not hides(a)]
            return self.of(rest[0]) if len(rest) == 1 and isinstance(rest[0], torch.Tensor) else None
        if name in self.ADDING and len(args) == 2 and all(isinstance(a, torch.Tensor) for a in args):
            first, second = args
            if hides(second) and first.dim() == 4 and not hides(first):
                return self.kept(first, name)
            if hides(first) and second.dim() == 4 and "sub" not in name and not hides(second):
                return self.of(second)
            if name in ("sub", "__sub__", "sub_", "__isub__") and first.dim() == second.dim() == 4 and second.shape[-1] == 1:
                return self.kept(first, name)  # the largest of a row, say: a softmax does not see it
        if name in ("cat", "concat") and any(id(t) in self.twins for t in args[0]):
            return function([self.of(t) for t in args[0]], *args[1:], **kwargs)
        if name in self.PLAIN and any(id(t) in self.twins for t in tensors):
            name = self.IN_PLACE.get(name, name if name.startswith("__") else name.rstrip("_"))
            name = "reshape" if name == "view" and not isinstance(args[1], torch.dtype) else name
            return getattr(torch.Tensor, name)(*[self.of(a) if isinstance(a, torch.Tensor) else a for a in args], **kwargs)
        return None

    def kept(self, tensor, name):
        twin = self.of(tensor)
        in_place = name in self.IN_PLACE or name.endswith("_") and not name.endswith("__")
        return twin.clone() if in_place and twin is tensor else twin

    def after(self, result, twin):
        if twin is not None and isinstance(result, torch.Tensor) and twin.shape == result.shape:
            self.twins[id(result)] = (result, twin)  # held, as its number is free for another once it is gone
        elif isinstance(result, torch.Tensor):
            self.twins.pop(id(result), None)


def is_scores(tensor, probabilities):
    """Whether a tensor can be what the probabilities were made of, and no mask is left in it."""
    return (tensor is not None and tensor.shape == probabilities.shape and tensor.is_floating_point()
            and bool(tensor.isfinite().all()) and (tensor.numel() == 0 or bool(tensor.abs().max() < HIDING)))


def scores_of_torch(original, module, arguments):
    """The scores of torch.nn.MultiheadAttention, by a second call without masks."""
    seen, softmax = [], torch.nn.functional.softmax

    def watched(scores, *args, **kwargs):
        seen.append(scores)
        return softmax(scores, *args, **kwargs)

    with mock.patch.object(torch.nn.functional, "softmax", watched):
        original(module, **{**arguments, "attn_mask": None, "key_padding_mask": None, "is_causal": False})
    scores = seen[-1]
    return scores.unflatten(0, (-1, module.num_heads)) if scores.dim() == 3 else scores


@contextmanager
def attention_asked_of_torch(watch):
    """Makes torch.nn.MultiheadAttention compute per-head probabilities; its callers get what they asked for."""
    original = torch.nn.MultiheadAttention.forward
    signature = inspect.signature(original)

    def forward(self, *args, **kwargs):
        asked = signature.bind(self, *args, **kwargs)
        asked.apply_defaults()
        wanted = {**asked.arguments, "need_weights": True, "average_attn_weights": False}
        del wanted["self"]
        scores = scores_of_torch(original, self, wanted) if watch.details else None
        output, table = original(self, **wanted)
        watch.found(self, table, table if table.dim() == 4 else table.unsqueeze(0), scores)
        if not asked.arguments["need_weights"]:
            return output, None
        return output, table.mean(dim=-3) if asked.arguments["average_attn_weights"] else table

    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with mock.patch.object(torch.nn.MultiheadAttention, "forward", forward):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
