"""Random weights under which faults of a port show: a plain start hides them behind unit norms, zero biases and flat attention.

Gammas are 1 ± 0.2 and biases ± 0.2, embeddings are small enough to show a norm's epsilon, and queries and keys are
scaled until attention logits have a standard deviation of 1.8.
"""

import re

import numpy as np

LOGIT_STD = 1.8
STEPS = 3
QUERY_OR_KEY = re.compile(r"(^|[._])(q|k|query|key|queries|keys|wq|wk|q_\w+|k_\w+|\w+_q|\w+_k|query_\w+|key_\w+|\w+_query|\w+_key)$")
FUSED = re.compile(r"(^|[._])(\w*qkv\w*|query_key_value|c_attn|in_proj|Wqkv)$")


def sensitive(model, inputs, seed=0):
    """Gives a model sensitive weights in place, and gives it back."""
    from .recording import side_of
    if side_of(model).DIALECT == "keras":
        return sharpen_keras(fill_keras(model, seed), inputs)
    return sharpen(fill(model, seed, embeddings=0.1, matrices=1), inputs)


# MARK: PyTorch


def fill(module, seed, embeddings=0.3, matrices=1.5):
    """Gives every parameter a random value of a telling size; that of matrices is for one input."""
    import torch
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() < 2:
                parameter.add_(0.2 * noise)
            elif "embed" in name and parameter.dim() == 2:
                parameter.copy_(embeddings * noise)
            else:
                fan_in = parameter[0].numel() if parameter.dim() > 2 else parameter.shape[-1]
                parameter.copy_(noise * matrices * fan_in ** -0.5)
    return module.eval()


def sharpen(module, inputs, query_and_key=None):
    """Scales query and key weights, layer by layer, until attention logits vary by LOGIT_STD in a row.

    query_and_key(module, name) gives the tensors of the attention called `name` that make its queries and keys; without
    it they are known by their names.
    """
    import torch

    from .pytorch import as_tensors, run
    inputs, find = as_tensors(inputs), query_and_key or by_name
    done = set()
    for name in run(module, inputs, torch.float32, ())["attention"]:
        tensors = [t for t in find(module, name) if t.data_ptr() not in done]
        # Without a softmax between them one step would do; norms of queries and biases make it less than exact.
        for _ in range(1 if query_and_key else STEPS):
            factor = scale(run(module, inputs, torch.float32, ())["attention"][name])
            with torch.no_grad():
                for tensor in tensors:
                    tensor.mul_(factor)
        done.update(t.data_ptr() for t in tensors)
    return module


def scale(table):
    """By what queries and keys are to be multiplied, each, for the logits of a table of probabilities to vary enough."""
    logits = np.log(np.where(table > 0, table, np.nan))
    wide = (table > 0).sum(-1) > 2
    spread = np.nanmean(np.nanstd(logits[wide], axis=-1)) if wide.any() else np.nan
    return float(np.clip((LOGIT_STD / spread) ** 0.5, 0.1, 10)) if spread > 0 else 1.0


def by_name(module, name):
    """The parameters of an attention that make its queries and keys, by what people call them."""
    import torch
    name = "" if name == "attention" else name.partition("@")[0]
    try:
        owner = module.get_submodule(name)
    except AttributeError:
        return []
    if isinstance(owner, torch.nn.MultiheadAttention):
        weights = [owner.in_proj_weight, owner.in_proj_bias]
        return [t[:2 * owner.embed_dim] for t in weights if t is not None]
    found, parent = [], module.get_submodule(name.rpartition(".")[0])
    # Some families project outside of the module that takes the softmax.
    for holder in (owner, parent):
        for inner, part in holder.named_modules():
            weight = getattr(part, "weight", None)
            if not isinstance(weight, torch.Tensor):
                continue
            if QUERY_OR_KEY.search(inner):
                found += [t for t in (weight, getattr(part, "bias", None)) if t is not None]
            elif FUSED.search(inner) and weight.dim() == 2:
                axis = 1 if type(part).__name__ == "Conv1D" else 0
                found.append(weight.narrow(axis, 0, weight.shape[axis] * 2 // 3))
        if found:
            break
    return found


# MARK: Keras


def fill_keras(model, seed):
    random = np.random.default_rng(seed)
    weights = []
    for variable, values in zip(model.weights, map(np.asarray, model.get_weights())):
        path = getattr(variable, "path", variable.name).partition(":")[0]
        name, noise = path.rpartition("/")[2], random.normal(size=values.shape)
        if values.dtype.kind in "iu":
            noise = values
        elif "variance" in name:
            noise = random.uniform(0.5, 2, values.shape)
        elif "embedding" in name:
            noise = 0.1 * noise
        elif values.ndim < 2 or name.startswith(("gamma", "scale", "beta", "bias")):
            noise = name.startswith(("gamma", "scale")) + 0.2 * noise
        else:
            noise = noise * int(np.prod(values.shape[:-1] if name == "kernel" and values.ndim != 3 else values.shape[:1])) ** -0.5
        weights.append(noise.astype(values.dtype))
    model.set_weights(weights)
    return model


def sharpen_keras(model, inputs):
    from . import keras_models
    keras = keras_models.framework(model)
    names, inputs = keras_models.names_of(model), keras_models.as_tensors(inputs)
    layers = {names[id(layer)]: layer for layer in named_layers(model)}

    def tables():
        return keras_models.run(model, inputs, keras, "float32", ())["attention"]

    for name in [name for name in tables() if "@" not in name]:
        parts = [getattr(layers[name], part, None) for part in ("_query_dense", "_key_dense")]
        for _ in range(STEPS if None not in parts else 0):
            factor = scale(tables()[name])
            for part in parts:
                part.set_weights([np.asarray(w) * factor for w in part.get_weights()])
    return model


def named_layers(model):
    """Every layer of a model, those of models within among them."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers") and hasattr(layer, "inputs"):
            yield from named_layers(layer)
