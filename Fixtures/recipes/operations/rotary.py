"""rotary: Llama's halves, GPT-J's neighbours, parts of heads, positions far out.

Frequencies and angles are transformers' own, in binary32; sines, cosines and the rest are computed in float64 from them.
"""

import torch
from transformers import LlamaConfig
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.llama import modeling_llama as llama

from .case import Numbers, case


def turned(x, heads, angles, factor=1.0, start=0, pairs="half"):
    """transformers' rotation of each head's numbers from `start` by angles (batch or 1, sequence, pairs)."""
    width = 2 * angles.shape[-1]
    x = x.reshape(*x.shape[:2], heads, -1)
    part, angles = x[..., start:start + width], angles.double()
    if pairs == "half":
        cos, sin = (factor * torch.cat([wave, wave], -1) for wave in (angles.cos(), angles.sin()))
        part, _ = llama.apply_rotary_pos_emb(part, part, cos, sin, unsqueeze_dim=2)
    else:
        part = gptj.apply_rotary_pos_emb(part, factor * angles.sin(), factor * angles.cos())
    return torch.cat([x[..., :start], part, x[..., start + width:]], -1).flatten(2)


def angles_of(width, positions, base, scaling=None, longest=16):
    """transformers' angles, and its factor of sines and cosines, from its own module after a call."""
    config = LlamaConfig(
        hidden_size=width, num_attention_heads=1, max_position_embeddings=longest,
        rope_parameters={"rope_type": "default", "rope_theta": base, **(scaling or {})})
    module = llama.LlamaRotaryEmbedding(config)
    module(torch.zeros(1), positions)
    return positions[:, :, None].float() * module.inv_freq, module.attention_scaling


def one(name, seed, positions, heads, head, width=None, start=0, base=10000.0, pairs="half"):
    x = Numbers(seed)(2, positions.shape[-1], heads * head)
    counted = torch.equal(positions, torch.arange(positions.shape[-1])[None])
    angles, _ = angles_of(width or head, positions, base)
    settings = {"heads": heads, "base": base, "pairs": pairs, "start": start} | ({"width": width} if width else {})
    node = {"name": "y", "operation": "rotary", "input": "x", **settings} | ({} if counted else {"positions": "ids"})
    return case(name, [node], {"x": x} | ({} if counted else {"ids": positions}),
                {"y": turned(x, heads, angles, start=start, pairs=pairs)})


def angles_of_the_run():
    """An exact formula: what float32 angles cannot be held to, so positions are few and near."""
    x = Numbers(9)(1, 2, 8)
    angles = torch.arange(2)[None, :, None] * 10000.0 ** (-torch.arange(0, 8, 2).double() / 8)
    node = {"name": "y", "operation": "rotary", "input": "x", "heads": 1, "angles": "run"}
    return case("angles in the precision of the run", [node], {"x": x}, {"y": turned(x, 1, angles)})


def scaled(name, seed, positions, width, base, longest=16, **scaling):
    """A scaling as transformers has it; `longest` is the config's own, which some kinds take and others do not."""
    x = Numbers(seed)(1, positions.shape[-1], width)
    theirs = {key: value for key, value in scaling.items() if key not in ("type", "max_position_embeddings")}
    angles, factor = angles_of(width, positions, base, {"rope_type": scaling["type"], **theirs}, longest)
    node = {"name": "y", "operation": "rotary", "input": "x", "positions": "ids", "heads": 1, "base": base,
            "scaling": scaling}
    return case(name, [node], {"x": x, "ids": positions}, {"y": turned(x, 1, angles, factor)})


def scalings():
    near, far = torch.tensor([[0, 1, 7, 15]]), torch.tensor([[0, 3, 16, 2000]])
    llama3 = {"type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 512}
    yarn = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024}
    long = {"type": "longrope", "short_factor": [1 + i / 8 for i in range(12)], "original_max_position_embeddings": 16,
            "long_factor": [1.5 + i * i / 4 for i in range(12)]}
    dynamic = {"type": "dynamic", "factor": 3.3, "max_position_embeddings": 16}
    return [
        scaled("linear", 20, far, 24, 10000.0, type="linear", factor=2.7),
        scaled("dynamic, within", 21, near, 24, 10000.0, **dynamic),
        scaled("dynamic, beyond by one", 22, torch.tensor([[0, 2, 16]]), 24, 10000.0, **dynamic),
        scaled("dynamic, far beyond", 23, far, 24, 10000.0, **dynamic),
        scaled("llama3", 24, far, 64, 500000.0, **llama3),
        scaled("yarn", 25, far, 64, 10000.0, **yarn),
        scaled("yarn of a factor left out", 26, far, 64, 10000.0, longest=3072,
               **(yarn | {"factor": None, "max_position_embeddings": 3072})),
        scaled("yarn not rounded, as GPT-OSS has it", 27, far, 64, 10000.0,
               **(yarn | {"factor": 32.0, "truncate": False, "original_max_position_embeddings": 4096})),
        scaled("yarn with scales", 28, far, 32, 10000.0, **(yarn | {"mscale": 1.0, "mscale_all_dim": 0.707})),
        scaled("yarn with its own betas", 29, far, 32, 10000.0,
               **(yarn | {"beta_fast": 20, "beta_slow": 2, "attention_factor": 0.8})),
        scaled("longrope, within", 30, near, 24, 10000.0, longest=64, **(long | {"factor": 4.0})),
        scaled("longrope, beyond", 31, far, 24, 10000.0, longest=64, **(long | {"max_position_embeddings": 64})),
        scaled("longrope with its own attention factor", 32, far, 24, 10000.0, **(long | {
            "factor": 4.0, "attention_factor": 1.2})),
    ]


def cases():
    counted = torch.arange(6)[None]
    rows = torch.tensor([[3, 0, 1, 5, 1999, 2000], [7, 8, 9, 10, 1023, 31]])
    far = torch.tensor([[0, 1, 500, 2000, 4000, 131071]])
    return [
        one("halves", 1, counted, 3, 8),
        one("positions by row", 2, rows, 3, 8, base=500000.0),
        one("a part of each head", 3, counted, 2, 12, width=4),
        one("a part from the middle", 4, counted, 2, 12, width=6, start=4, base=100.0),
        one("far out, one row for all", 5, far, 1, 64, base=160000.0),
        one("far out with an odd width", 6, far, 1, 20, width=18, base=1000000.0),
        one("neighbours", 7, rows, 3, 8, pairs="interleaved"),
        one("neighbours in a part", 8, counted, 2, 12, width=8, pairs="interleaved"),
        angles_of_the_run(),
    ] + scalings()
