"""alibi, relative_bias, count_positions, sinusoidal_positions."""

import torch
from transformers.models.bloom import modeling_bloom as bloom
from transformers.models.falcon import modeling_falcon as falcon
from transformers.models.m2m_100 import modeling_m2m_100 as m2m_100
from transformers.models.marian import modeling_marian as marian
from transformers.models.mpt import modeling_mpt as mpt
from transformers.models.opt import modeling_opt as opt
from transformers.models.roberta import modeling_roberta as roberta
from transformers.models.t5 import modeling_t5 as t5

from .case import Numbers, case


def slopes(heads, max_bias):
    """MPT's, whose alibi of two positions is minus the slopes, and 0; before binary32 rounds them."""
    rounded = -mpt.build_mpt_alibi_tensor(heads, 2, max_bias)[:, 0, 0].double()
    return 2 ** ((rounded.log2() * 16).round() / 16)


def alibi(heads, max_bias=8, queries=3, keys=5, scale=1.0):
    query, key = torch.zeros(2, queries, 4).double(), torch.zeros(2, keys, 4).double()
    distance = torch.arange(keys)[None] - (torch.arange(queries)[:, None] + keys - queries)
    node = {"name": "y", "operation": "alibi", "query": "query", "key": "key", "heads": heads, "max_bias": max_bias,
            "scale": scale}
    return case(f"alibi of {heads} heads and {max_bias}", [node], {"query": query, "key": key},
                {"y": (scale * slopes(heads, max_bias)[:, None, None] * distance)[None]})


def alibi_of_positions(name, module, heads, precision):
    mask = torch.tensor([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0], [1, 0, 1, 1, 0, 1]])
    theirs = module.build_alibi_tensor(mask, heads, torch.float64).reshape(3, heads, 1, 6)
    nodes = [{"name": "count", "operation": "count_positions", "input": "mask", "offset": -1},
             {"name": "bias", "operation": "alibi", "query": "x", "key": "x", "positions": "count", "heads": heads,
              "precision": precision}]
    # At padding, which no one sees, they count 0 and we -1.
    counted = ((mask.cumsum(-1) - 1) * mask) - (1 - mask)
    ours = theirs - (1 - mask)[:, None, None] * slope_of(module, heads)
    return case(name, nodes, {"x": torch.zeros(3, 6, 4).double(), "mask": mask},
                {"count": counted, "bias": ours.expand(3, heads, 6, 6)})


def slope_of(module, heads):
    """The slopes of a module, as it rounds them: its bias at position 1."""
    return module.build_alibi_tensor(torch.ones(1, 2).long(), heads, torch.float64).reshape(1, heads, 1, 2)[..., 1:]


def relative(name, seed, buckets, distance, bidirectional, queries, keys, heads=2):
    numbers = Numbers(seed)
    weight = numbers(buckets, heads)
    difference = torch.arange(keys)[None] - (torch.arange(queries)[:, None] + keys - queries)
    bucket = t5.T5Attention._relative_position_bucket(difference, bidirectional, buckets, distance)
    node = {"name": "y", "operation": "relative_bias", "query": "query", "key": "key", "heads": heads,
            "buckets": buckets, "max_distance": distance, "bidirectional": bidirectional}
    return case(name, [node], {"query": numbers.ids(9, 1, queries), "key": numbers.ids(9, 1, keys)},
                {"y": weight[bucket].permute(2, 0, 1)[None]}, {"y.weight": weight})


def counted():
    ids = torch.tensor([[5, 7, 1, 9, 1, 1], [1, 1, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1]])
    mask = (ids != 1).long()
    nodes = [{"name": "ids_counted", "operation": "count_positions", "input": "ids", "padding": 1, "offset": 1},
             {"name": "mask_counted", "operation": "count_positions", "input": "mask", "offset": 1},
             {"name": "rows", "operation": "learned_positions", "input": "mask", "ids": "mask_counted", "rows": 9,
              "width": 3}]
    embedding = opt.OPTLearnedPositionalEmbedding(7, 3).double()
    table = Numbers(3)(9, 3)
    embedding.weight.data = table
    theirs = roberta.RobertaEmbeddings.create_position_ids_from_input_ids(ids, 1)
    return case("RoBERTa's and OPT's positions", nodes, {"ids": ids, "mask": mask},
                {"ids_counted": theirs, "mask_counted": mask.cumsum(1) * mask + 1, "rows": embedding(mask)},
                {"rows.weight": table})


def m2m100():
    ids = torch.tensor([[5, 7, 1, 9, 1, 1], [1, 1, 3, 4, 5, 6]])
    module = m2m_100.M2M100SinusoidalPositionalEmbedding(16, 10, padding_idx=1)
    nodes = [{"name": "count", "operation": "count_positions", "input": "ids", "padding": 1, "offset": 1},
             {"name": "y", "operation": "sinusoidal_positions", "input": "ids", "ids": "count", "width": 10,
              "layout": "concatenated", "exponent": "pairs", "padding": 1, "angles": "float32"}]
    half = torch.exp(torch.arange(5).float() * -(torch.tensor(10000.0).double().log().item() / 4))
    angles = (module.create_position_ids_from_input_ids(ids, 1)[..., None].float() * half).double()
    exact = torch.cat([angles.sin(), angles.cos()], -1) * (ids != 1)[..., None]
    assert (exact - module(ids).double()).abs().max() < 1e-6
    return case("M2M100's positions", nodes, {"ids": ids}, {"y": exact})


def marians():
    module = marian.MarianSinusoidalPositionalEmbedding(12, 6)
    table = module.create_weight() if hasattr(module, "create_weight") else module.weight
    place, pair = torch.arange(12)[:, None].double(), torch.arange(3).double()
    angles = place / 10000.0 ** (2 * pair / 6)
    exact = torch.cat([angles.sin(), angles.cos()], -1)
    assert (exact - table.double()).abs().max() < 1e-6
    node = {"name": "y", "operation": "sinusoidal_positions", "input": "x", "width": 6, "layout": "concatenated"}
    return case("Marian's positions", [node], {"x": torch.zeros(1, 12, 4).double()}, {"y": exact[None]})


def cases():
    return [
        *(alibi(heads, max_bias) for heads, max_bias in ((8, 8), (4, 6), (6, 8), (12, 8), (1, 8), (3, 4))),
        alibi(5, 8, queries=2, keys=2, scale=0.25),
        alibi_of_positions("alibi by positions, as BLOOM has it", bloom, 8, "run"),
        alibi_of_positions("alibi in bfloat16, as Falcon has it", falcon, 12, "bfloat16"),
        relative("near and far, both ways", 1, 32, 128, True, 9, 9),
        relative("one way", 2, 32, 128, False, 9, 9),
        relative("one query, far", 3, 32, 128, False, 1, 300),
        relative("one key, far", 4, 32, 128, True, 300, 1),
        relative("few buckets", 5, 8, 20, True, 12, 30),
        relative("an odd number", 6, 13, 50, True, 70, 3),
        counted(), m2m100(), marians(),
    ]
