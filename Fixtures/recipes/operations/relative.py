"""relative_scores, relative_values, distances, segment_scores, pairs that see themselves, and tables of some ids: as XLNet of transformers has them, and as Shaw 2018 says."""

import torch
from transformers import XLNetConfig
from transformers.models.xlnet.modeling_xlnet import XLNetModel, XLNetRelativeAttention

from .case import Numbers, case

HEADS = 2


def headed(tensor):
    """(batch, heads, sequence, head width)."""
    return tensor.unflatten(-1, (HEADS, -1)).transpose(1, 2)


def learned(name, seed, queries, keys, reach, first="before", by="query", scale=None, clip=True, width=6):
    """Rows by distance as BERT of transformers 4 looks them up: one for every pair."""
    numbers = Numbers(seed)
    query, key, weight = numbers(2, queries, width), numbers(2, keys, width), numbers(2 * reach + 1, width // HEADS)
    difference = torch.arange(keys)[None] - (torch.arange(queries)[:, None] + keys - queries)
    place = difference.clamp(-reach, reach) * (1 if first == "before" else -1) + reach
    y = torch.einsum("bhld,lrd->bhlr", headed(query), weight[place])
    if by == "both":
        y = y + torch.einsum("bhrd,lrd->bhlr", headed(key), weight[place])
    node = {"name": "y", "operation": "relative_scores", "query": "query", "key": "key", "heads": HEADS, "reach": reach,
            "first_row": first, "by": by, "clip": clip}
    node |= {} if scale is None else {"scale": scale}
    return case(name, [node], {"query": query, "key": key}, {"y": y * ((width // HEADS) ** -0.5 if scale is None else scale)},
                {"y.weight": weight})


def flowing(name, seed, queries, keys, batch=1, width=6):
    """Rows that flow in, shifted as XLNet shifts them."""
    numbers = Numbers(seed)
    query, key, rows = numbers(2, queries, width), numbers(2, keys, width), numbers(batch, queries + keys - 1, width)
    position = torch.cat([torch.zeros(batch, 1, width).double(), rows], 1)  # XLNet's first is of a distance that no pair has
    bd = torch.einsum("bnid,bnmd->bnim", headed(query), headed(position.expand(2, -1, -1)))
    y = XLNetRelativeAttention.rel_shift_bnij(bd, klen=keys) * (width // HEADS) ** -0.5
    node = {"name": "y", "operation": "relative_scores", "query": "query", "key": "key", "rows": "rows", "heads": HEADS}
    return case(name, [node], {"query": query, "key": key, "rows": rows}, {"y": y},
                axes={"rows": [{"many": batch}, "distances", width]})


def values():
    numbers = Numbers(75)
    table, weight = numbers(2, HEADS, 4, 7).abs(), numbers(5, 3)
    difference = torch.arange(7)[None] - (torch.arange(4)[:, None] + 3)
    y = torch.einsum("bhqk,qkd->bqhd", table, weight[difference.clamp(-2, 2) + 2]).flatten(2)
    node = {"name": "y", "operation": "relative_values", "input": "table", "width": 3, "reach": 2}
    return case("values by distance", [node], {"table": table}, {"y": y}, {"y.weight": weight},
                axes={"table": ["batch", {"heads": HEADS}, "queries", "keys"]})


def waves(limit):
    """XLNet's table of waves, of which the first row is of a distance that no pair has."""
    queries, keys = 4, 7
    model = XLNetModel(XLNetConfig(vocab_size=3, d_model=8, n_layer=1, n_head=2, d_inner=2, clamp_len=limit or -1))
    theirs = model.relative_positional_encoding(queries, keys)[1:, 0]
    distances = torch.arange(keys - 1, -queries, -1)
    distances = (distances.clamp(-limit, limit) if limit else distances)[None]
    angles = distances[..., None].double() * 10000 ** (-torch.arange(0, 8, 2).double() / 8)
    exact = torch.cat([angles.sin(), angles.cos()], -1)
    assert (exact[0] - theirs.double()).abs().max() < 1e-6
    nodes = [{"name": "places", "operation": "distances", "query": "query", "key": "key"} | ({"limit": limit} if limit else {}),
             {"name": "y", "operation": "sinusoidal_positions", "input": "query", "ids": "places", "width": 8, "layout": "concatenated"}]
    inputs = {"query": torch.zeros(1, queries).long(), "key": torch.zeros(1, keys).long()}
    return case(f"distances up to {limit}" if limit else "distances", nodes, inputs, {"places": distances, "y": exact})


def segments():
    numbers = Numbers(76)
    query, weight = numbers(2, 4, 6), numbers(2, 6)
    keys = torch.tensor([[0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 2]])
    own = keys[:, 2:]
    differs = torch.nn.functional.one_hot((own[:, :, None] != keys[:, None]).long(), 2).double()
    ef = torch.einsum("bnid,snd->bnis", headed(query), weight.unflatten(-1, (HEADS, -1)))
    node = {"name": "y", "operation": "segment_scores", "query": "query", "query_ids": "own", "key_ids": "keys", "heads": HEADS}
    return case("segments", [node], {"query": query, "own": own, "keys": keys},
                {"y": torch.einsum("bijs,bnis->bnij", differs, ef) * 3 ** -0.5}, {"y.weight": weight})


def rarer():
    """Tables of ids more and less frequent, as Transformer-XL sums them up."""
    numbers = Numbers(77)
    tables = [numbers(3, 4), numbers(5, 4)]
    ids = torch.tensor([[0, 2, 3, 7], [8, 4, 1, 2]])
    nodes = [{"name": "a", "operation": "embedding", "input": "ids", "rows": 3, "width": 4, "first": 0},
             {"name": "b", "operation": "embedding", "input": "ids", "rows": 5, "width": 4, "first": 3}]
    whole = torch.cat([torch.zeros(3, 4).double(), tables[1], torch.zeros(1, 4).double()])
    return case("tables of some ids", nodes, {"ids": ids},
                {"a": torch.cat([tables[0], torch.zeros(6, 4).double()])[ids], "b": whole[ids]},
                {"a.weight": tables[0], "b.weight": tables[1]})


def own():
    """XLNet's mask: padding that sees itself, behind two places of memory."""
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
    pairs = torch.tensor([[[1, 1, 0, 1, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], [[1, 1, 0, 0, 0]] * 3])
    seen = (mask[:, None] * pairs + torch.eye(3, 5).long().roll(2, 1)) > 0
    node = {"name": "y", "operation": "pair_mask", "query": "query", "key": "mask", "key_mask": "mask", "mask": "pair_mask", "own": True}
    return case("pairs that see themselves", [node], {"query": mask[:, 2:], "mask": mask, "pair_mask": pairs},
                {"y": torch.zeros(2, 1, 3, 5).double().masked_fill(~seen[:, None], float("-inf"))})


def cases():
    return [
        learned("Shaw's clipped distances", 70, 6, 6, 2),
        learned("as BERT has them, by query and key", 71, 5, 5, 8, first="after", by="both", clip=False),
        learned("fewer queries than keys, not scaled", 72, 3, 7, 4, first="after", by="both", scale=1),
        flowing("rows that flow in", 73, 5, 5),
        flowing("rows for each of the batch, and memory", 74, 3, 8, batch=2),
        values(), waves(None), waves(3), segments(), own(), rarer(),
    ]
