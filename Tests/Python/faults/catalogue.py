"""The faults: what is written into which model, and by which words the cause may be called."""

import re
from dataclasses import dataclass
from typing import Callable

import numpy as np

MODELS = {
    "bert-bare": dict(heads=4, prefix="encoder.layers.1", norm="attention.norm", activation="gelu"),
    "bert-masked-lm": dict(heads=4, prefix="encoder.layers.0", norm="attention.norm", activation="gelu"),
    "gpt2-lm": dict(heads=4, prefix="decoder.layers.1", norm="attention.norm", activation="gelu_tanh"),
    "transformer-pre-norm": dict(heads=4, prefix="encoder.layers.0", norm=None, activation="gelu"),
}


@dataclass
class Fault:
    name: str
    causes: tuple
    write: Callable


def setting(causes, operation, key, value, name=None):
    return Fault(f"{operation}.{key} = {value}" + (f" at {name}" if name else ""), causes,
                 lambda p: p.setting(operation, key, value, name))


def weight(causes, name, change, says):
    return Fault(f"{says} of {name}", causes, lambda p: p.parameter(name, change))


def interleaved(heads):
    return lambda w: w.reshape(heads, -1, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)


def faults(model):
    at = MODELS[model]
    layer = at["prefix"]
    other = re.sub(r"\d+$", lambda m: str(1 - int(m[0])), layer)
    yield setting(("epsilon",), "layer_norm", "epsilon", 1e-3)
    yield setting(("epsilon",), "layer_norm", "epsilon", 1e-6 if "transformer" not in model else 1e-7)
    for function in ("gelu", "gelu_tanh", "quick_gelu", "silu", "relu"):
        if function != at["activation"]:
            yield setting(("activation",), "activation", "function", function)
    yield setting(("scale",), "attention", "scale", 1)
    yield setting(("scale",), "attention", "scale", 0.1)
    yield setting(("heads",), "attention", "heads", 2)
    yield setting(("heads",), "attention", "heads", 8)
    yield setting(("mask",), "attention", "causal", "gpt2" not in model)
    yield setting(("mask",), "attention", "key_mask", None)
    for part in ("query", "key", "value", "output"):
        name = f"{layer}.attention.{part}"
        yield weight(("transposed",), f"{name}.weight", np.transpose, "transpose")
        yield weight(("exchanged",), f"{name}.weight", lambda w: w[::-1], "reversed rows") if False else \
            weight(("head-order",), f"{name}.weight", interleaved(at["heads"]), "heads interleaved")
        yield weight(("bias",), f"{name}.bias", np.zeros_like, "no bias")
        yield Fault(f"{name} of {other}", ("exchanged",), lambda p, part=part: [
            p.exchange(f"{layer}.attention.{part}.{r}", f"{other}.attention.{part}.{r}") for r in ("weight", "bias")])
    for a, b in (("query", "key"), ("key", "value"), ("query", "value")):
        yield Fault(f"{a} and {b} exchanged", ("exchanged",), lambda p, a=a, b=b: [
            p.exchange(f"{layer}.attention.{a}.{r}", f"{layer}.attention.{b}.{r}") for r in ("weight", "bias")])
    yield Fault("norms exchanged", ("exchanged",), lambda p: [
        p.exchange(f"{layer}.attention.norm.{r}", f"{layer}.feed_forward.norm.{r}") for r in ("weight", "bias")])
    for part in ("inner", "output"):
        yield weight(("bias",), f"{layer}.feed_forward.{part}.bias", np.zeros_like, "no bias")
        yield Fault(f"feed_forward.{part} of {other}", ("exchanged",), lambda p, part=part: p.exchange(
            f"{layer}.feed_forward.{part}.weight", f"{other}.feed_forward.{part}.weight"))
    yield weight(("row-order",), f"{layer}.feed_forward.inner.weight",
                 lambda w: w[np.random.default_rng(0).permutation(len(w))], "rows shuffled")
