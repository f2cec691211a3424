"""disentangled_bias: what DeBERTa-v2 of transformers adds to its scores.

Head widths are such that the scale is a number of float32, in which transformers computes it in any precision.
"""

import torch
from transformers import DebertaV2Config
from transformers.models.deberta_v2.modeling_deberta_v2 import (DisentangledSelfAttention, build_relative_position,
                                                                make_log_bucket_position)

from .case import Numbers, case

HEADS = 2


def bias(name, seed, length, kinds, buckets, maximum, width=6, shared=False):
    """The positions flow in already projected, as the module projects them."""
    numbers = Numbers(seed)
    config = DebertaV2Config(hidden_size=width, num_attention_heads=HEADS, relative_attention=True, pos_att_type=kinds,
                             position_buckets=buckets, max_relative_positions=maximum, share_att_key=shared)
    module = DisentangledSelfAttention(config).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(numbers(*parameter.shape, within=1))
    query, key = numbers(2, length, width), numbers(2, length, width)
    span = buckets if buckets > 0 else maximum
    table = numbers(2 * span + 1, width)
    score = module.disentangled_attention_bias(
        module.transpose_for_scores(query, HEADS), module.transpose_for_scores(key, HEADS), None, table, 1 + len(kinds))
    projections = {"position_key": "key_proj" if shared else "pos_key_proj",
                   "position_query": "query_proj" if shared else "pos_query_proj"}
    inputs, roles = {"query": query, "key": key}, {"query": "query", "key": "key"}
    for role, projection in projections.items():
        if role.replace("position_key", "c2p").replace("position_query", "p2c") in kinds:
            inputs[role], roles[role] = getattr(module, projection)(table)[None], role
    axes = {role: [{"one": 1}, {"rows": 2 * span + 1}, width] for role in roles if role.startswith("position")}
    node = {"name": "y", "operation": "disentangled_bias", **roles, "heads": HEADS, "maximum": maximum,
            "buckets": buckets}
    return case(name, [node], inputs, {"y": score.view(2, HEADS, length, length)}, axes=axes)


def edges(buckets, maximum, length):
    """Where each distance falls: one query, before many keys, and rows that hold their own number."""
    query, key = torch.ones(1, 1, 1).double(), torch.zeros(1, length, 1).double()
    rows = torch.arange(2 * buckets).double().view(1, -1, 1) / 64
    relative = make_log_bucket_position(-torch.arange(length), buckets, maximum).long()
    assert relative.equal(build_relative_position(key, key, buckets, maximum)[0, 0])
    y = rows.flatten()[torch.clamp(relative + buckets, 0, 2 * buckets - 1)].view(1, 1, 1, length)
    node = {"name": "y", "operation": "disentangled_bias", "query": "query", "key": "key", "position_key": "rows",
            "heads": 1, "buckets": buckets, "maximum": maximum, "scale": 1}
    axes = {"rows": [{"one": 1}, {"rows": 2 * buckets}, 1]}
    return case(f"{buckets} buckets up to {maximum}", [node], {"query": query, "key": key, "rows": rows}, {"y": y},
                axes=axes)


def cases():
    return [
        bias("both", 60, 9, ["c2p", "p2c"], 4, 12),
        bias("longer than the table", 61, 14, ["p2c", "c2p"], 4, 8),
        bias("no buckets", 62, 7, ["c2p", "p2c"], -1, 9),
        bias("no buckets, longer than the table", 63, 9, ["c2p", "p2c"], -1, 3),
        bias("content to position", 64, 6, ["c2p"], 6, 16, width=16),
        bias("position to content, keys shared", 65, 6, ["p2c"], 5, 16, width=16, shared=True),
        edges(256, 512, 600), edges(32, 128, 200), edges(7, 50, 80), edges(2, 40, 60), edges(3, 9, 20),
    ]
