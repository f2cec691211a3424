"""The Transformer of 2017 by tensor2tensor's variables: written from its code, layers/transformer_layers.py and around it."""

import json
import math

import h5py
import numpy as np
import torch
from safetensors.torch import save_file

from . import System
from .recurrent import ids

ROW = "The 2017 Transformer whole"
SOURCES, TARGETS, BATCH, WIDTH, HEADS, INNER, LAYERS, SHARDS, SPACE = 23, 21, 3, 12, 3, 20, 2, 4, 8


def variables(shared, before):
    """Every variable's name and shape."""
    found = {}

    def table(scope, rows):
        for shard in range(SHARDS):
            found[f"symbol_modality_{rows}_{WIDTH}/{scope}/weights_{shard}"] = (rows // SHARDS + (shard < rows % SHARDS), WIDTH)

    def norm(scope, name="layer_prepostprocess"):
        for role in ("scale", "bias"):
            found[f"{scope}/{name}/layer_norm/layer_norm_{role}"] = (WIDTH,)

    if shared:
        table("shared", SOURCES)
    else:
        table("input_emb", SOURCES)
        table("target_emb", TARGETS)
        table("softmax", TARGETS)
    found["body/target_space_embedding/kernel"] = (32, WIDTH)
    for stack, attentions in (("encoder", ["self_attention"]), ("decoder", ["self_attention", "encdec_attention"])):
        for layer in range(LAYERS):
            for branch in [*attentions, "ffn"]:
                # A scope that made no variables before a branch still took the name.
                norm(f"body/{stack}/layer_{layer}/{branch}", "layer_prepostprocess" if before else "layer_prepostprocess_1")
            for branch in attentions:
                for part in ("q", "k", "v", "output_transform"):
                    found[f"body/{stack}/layer_{layer}/{branch}/multihead_attention/{part}/kernel"] = (WIDTH, WIDTH)
            found[f"body/{stack}/layer_{layer}/ffn/conv1/kernel"], found[f"body/{stack}/layer_{layer}/ffn/conv1/bias"] = (WIDTH, INNER), (INNER,)
            found[f"body/{stack}/layer_{layer}/ffn/conv2/kernel"], found[f"body/{stack}/layer_{layer}/ffn/conv2/bias"] = (INNER, WIDTH), (WIDTH,)
        if before:
            norm(f"body/{stack}")
    return {f"transformer/{name}": shape for name, shape in found.items()}


def hparams(shared, before):
    """What tensor2tensor writes into hparams.json: of transformer_base, what the model is made by, and some of the rest."""
    return {"hidden_size": WIDTH, "num_heads": HEADS, "filter_size": INNER, "num_hidden_layers": LAYERS, "num_encoder_layers": 0,
            "num_decoder_layers": 0, "symbol_modality_num_shards": SHARDS, "shared_embedding_and_softmax_weights": shared,
            "layer_preprocess_sequence": "n" if before else "none", "layer_postprocess_sequence": "da" if before else "dan",
            "multiply_embedding_mode": "sqrt_depth", "pos": "timing", "norm_type": "layer", "norm_epsilon": 1e-6, "attention_key_channels": 0,
            "attention_value_channels": 0, "ffn_layer": "dense_relu_dense", "self_attention_type": "dot_product", "max_length": 256,
            "use_pad_remover": True, "proximity_bias": False, "learning_rate_schedule": "constant*linear_warmup*rsqrt_decay*rsqrt_hidden_size",
            "optimizer": "Adam", "optimizer_adam_beta2": 0.997, "dropout": 0.2, "attention_dropout": 0.1, "target_space_id": SPACE}


class Model:
    """The forward pass over variables by their names; tables of attention by the scopes that they come from."""

    def __init__(self, weights, shared, before):
        self.weights = {name.removeprefix("transformer/"): tensor for name, tensor in weights.items()}
        self.shared, self.before, self.attention = shared, before, {}

    def table(self, scope, rows):
        return torch.cat([self.weights[f"symbol_modality_{rows}_{WIDTH}/{scope}/weights_{shard}"] for shard in range(SHARDS)])

    def symbols(self, tokens, table):
        return table[tokens] * WIDTH ** 0.5 * (tokens != 0)[..., None]

    def norm(self, x, scope):
        scale, bias = (self.weights[f"{scope}/layer_norm/layer_norm_{role}"] for role in ("scale", "bias"))
        deviation = x - x.mean(-1, keepdim=True)
        return deviation * torch.rsqrt((deviation ** 2).mean(-1, keepdim=True) + 1e-6) * scale + bias

    def branch(self, x, scope, function):
        if self.before:
            return x + function(self.norm(x, f"{scope}/layer_prepostprocess"))
        return self.norm(x + function(x), f"{scope}/layer_prepostprocess_1")

    def attend(self, query, memory, bias, scope):
        def heads(x, part):
            return (x @ self.weights[f"{scope}/{part}/kernel"]).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        scores = heads(query, "q") * (WIDTH // HEADS) ** -0.5 @ heads(memory, "k").mT + bias
        table = self.attention[f"transformer/{scope}/dot_product_attention"] = scores.softmax(-1)
        return (table @ heads(memory, "v")).transpose(1, 2).flatten(2) @ self.weights[f"{scope}/output_transform/kernel"]

    def feed(self, x, scope):
        hidden = torch.relu(x @ self.weights[f"{scope}/conv1/kernel"] + self.weights[f"{scope}/conv1/bias"])
        return hidden @ self.weights[f"{scope}/conv2/kernel"] + self.weights[f"{scope}/conv2/bias"]

    def timed(self, x):
        timescales = WIDTH // 2
        rates = torch.exp(torch.arange(timescales, dtype=x.dtype) * -(math.log(1e4) / (timescales - 1)))
        angles = torch.arange(x.shape[1], dtype=x.dtype)[:, None] * rates
        return x + torch.cat([angles.sin(), angles.cos()], 1)

    def __call__(self, inputs, targets):
        scopes = ("shared",) * 3 if self.shared else ("input_emb", "target_emb", "softmax")
        source, target, softmax = (self.table(scope, rows) for scope, rows in zip(scopes, (SOURCES, *[SOURCES if self.shared else TARGETS] * 2)))
        x = self.symbols(inputs, source)
        padding = (x.abs().sum(-1) == 0).to(x.dtype)
        bias = padding[:, None, None] * -1e9
        x = self.timed(x + self.weights["body/target_space_embedding/kernel"][SPACE])
        for layer in range(LAYERS):
            scope = f"body/encoder/layer_{layer}"
            x = self.branch(x, f"{scope}/self_attention", lambda y: self.attend(y, y, bias, f"{scope}/self_attention/multihead_attention"))
            x = self.branch(x, f"{scope}/ffn", lambda y: self.feed(y, f"{scope}/ffn") * (1 - padding)[..., None])
        memory = x = self.norm(x, "body/encoder/layer_prepostprocess") if self.before else x
        y = self.symbols(targets, target)
        y = self.timed(torch.nn.functional.pad(y, (0, 0, 1, 0))[:, :-1])
        causal = torch.full((y.shape[1], y.shape[1]), -1e9, dtype=y.dtype).triu(1)
        for layer in range(LAYERS):
            scope = f"body/decoder/layer_{layer}"
            y = self.branch(y, f"{scope}/self_attention", lambda z: self.attend(z, z, causal, f"{scope}/self_attention/multihead_attention"))
            y = self.branch(y, f"{scope}/encdec_attention", lambda z: self.attend(z, memory, bias, f"{scope}/encdec_attention/multihead_attention"))
            y = self.branch(y, f"{scope}/ffn", lambda z: self.feed(z, f"{scope}/ffn"))
        y = self.norm(y, "body/decoder/layer_prepostprocess") if self.before else y
        return {"logits": y @ softmax.T, "encoder_output": memory}


def examples(shared=False):
    """Inputs and targets, some of them shorter than the rest."""
    inputs, targets = ids(BATCH, 7, below=SOURCES - 2) + 2, ids(BATCH, 5, below=(SOURCES if shared else TARGETS) - 2, seed=1) + 2
    inputs[0, 5:], targets[1, 4:] = 0, 0
    return {"inputs": inputs, "targets": targets}


def weights(shared, before):
    generator = torch.Generator().manual_seed(4)
    return {name: torch.randn(shape, generator=generator) * (0.4 if len(shape) > 1 else 0.2) + (1 if name.endswith("scale") else 0)
            for name, shape in variables(shared, before).items()}


def recorded(folder, tensors, shared, before):
    """What the model computes, in float32 and float64."""
    groups = {"inputs": examples(shared)}
    for prefix, dtype in (("", torch.float32), ("float64/", torch.float64)):
        model = Model({name: tensor.to(dtype) for name, tensor in tensors.items()}, shared, before)
        groups[f"{prefix}outputs"] = model(**groups["inputs"])
        groups[f"{prefix}attention"] = model.attention
    with h5py.File(folder / "fixture.h5", "w") as file:
        file.attrs.update(format="crosswalk.trace", version=np.int64(1), dialect="tensor2tensor", producer="tensor2tensor by hand", precision="float32")
        for group, named in groups.items():
            for name, values in named.items():
                file[f"{group}/{name}"] = values


def made(shared, before):
    def make(folder):
        tensors = weights(shared, before)
        save_file(tensors, folder / "model.safetensors")
        (folder / "hparams.json").write_text(json.dumps(hparams(shared, before)))
        recorded(folder, tensors, shared, before)
    return make


SYSTEMS = [
    System(ROW, "tensor2tensor, one table", made(True, True), "tensor2tensor-transformer"),
    System(ROW, "tensor2tensor, tables of their own, norms after", made(False, False), "tensor2tensor-transformer"),
]
