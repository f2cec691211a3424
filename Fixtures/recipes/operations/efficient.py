"""linear_attention, block_attention, hashed_attention, sinkhorn_attention and random_rotations, with the tables that they imply."""

import torch
from transformers import ReformerConfig
from transformers.models.reformer.modeling_reformer import LSHSelfAttention

from .case import Numbers, case, packed

HEADS = 2


def split(x):
    return x.view(*x.shape[:2], HEADS, -1).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).flatten(2)


def hidden(length, padded=3):
    mask = torch.zeros(2, length).double()
    mask[1, length - padded:] = float("-inf")
    return mask


def tabled(name, node, inputs, table, values, **more):
    """A case whose output is what a table (batch, heads, queries, keys) reads of values."""
    made = case(name, [{"name": "y", **node}], inputs, {"y": join(table @ split(values))}, **more)
    return made | {"attention": packed({"y": table})}


def linear(name, seed, features, kind, causal=False, masked=None, projection=None, epsilon=0.0, **settings):
    numbers = Numbers(seed)
    q, k, v = (numbers(2, 11, 6) for _ in range(3))
    inputs = {"q": q, "k": k, "v": v}
    node = {"operation": "linear_attention", "query": "q", "key": "k", "value": "v", "heads": HEADS, "features": kind,
            "causal": causal, **settings}
    if masked:
        inputs["hidden"] = hidden(11)
        node |= {"key_mask": "hidden", "masked": masked}
    if projection:
        inputs["w"] = numbers(projection, 3)
        node["projection"] = "w"
    made_q, made_k = features(split(q), inputs.get("w"), True), features(split(k), inputs.get("w"), False)
    keep = torch.isfinite(inputs["hidden"]).double()[:, None, :] if masked else 1
    if masked == "keys":
        made_k = made_k * keep[..., None]
    table = made_q @ made_k.mT
    if causal:
        block = settings.get("block", 1)
        places = torch.arange(11)
        table = table * (places[None] // block < (places[:, None] // block + (block == 1))).double() if block > 1 else table.tril()
    if settings.get("normalised", True):
        table = table / (table.sum(-1, keepdim=True) + epsilon).clamp(min=settings.get("least", -1e300))
    if masked == "values":
        table = table * keep[:, :, None, :]
    return tabled(name, node | ({"epsilon": epsilon} if epsilon else {}), inputs, table, v)


def elu(x, w, is_query):
    return torch.nn.functional.elu(x) + 1


def random(scale, epsilon):
    def features(x, w, is_query):
        u = (x * scale) @ w.T
        top = u.amax(-1, keepdim=True) if is_query else u.amax((-1, -2), keepdim=True)
        return ((u - (x * scale).square().sum(-1, keepdim=True) / 2 - top).exp() + epsilon) * len(w) ** -0.5
    return features


def opposites(x, w, is_query):
    u, offset = x @ w.T, x.square().sum(-1, keepdim=True) / 2
    return torch.cat([u - offset, -u - offset], -1).exp() * (2 * len(w)) ** -0.5


def dense(q, k, v, seen, bias=0, scale=None, own=None):
    """Attention with a table of how often each pair is seen."""
    scores = q @ k.mT * (scale or q.shape[-1] ** -0.5) + bias
    if own is not None:
        scores = torch.where(torch.eye(scores.shape[-1]).bool(), own, scores)
    return (scores + seen.log()).softmax(-1)


def near(length, block, before, after, causal=False, exact=False, wrapped=False):
    """How often each key (columns) is seen by each query (rows)."""
    seen = torch.zeros(length, length).double()
    blocks = -(-length // block)
    for q in range(length):
        for shift in range(-before, after + 1):
            other = q // block + shift
            if wrapped:
                other %= blocks
            for k in range(other * block, (other + 1) * block):
                outside = causal and k > q or exact and not -before * block <= k - q <= after * block
                if 0 <= other < blocks and k < length and not outside:
                    seen[q, k] += 1
    return seen


def blocks(name, seed, seen, length=14, bias=None, masked=False, own=None, globals_=None, unit=False, **settings):
    numbers = Numbers(seed)
    q, k, v = (numbers(2, length, 6) for _ in range(3))
    inputs = {"q": q, "k": k, "v": v}
    node = {"operation": "block_attention", "query": "q", "key": "k", "value": "v", "heads": HEADS, **settings}
    seen = seen.expand(2, 1, length, length).clone()
    added = 0
    if masked:
        inputs["hidden"] = hidden(length)
        node["key_mask"] = "hidden"
        seen = seen * torch.isfinite(inputs["hidden"]).double()[:, None, None]
    if globals_:
        inputs["global_mask"] = torch.zeros(2, length).long()
        inputs["global_mask"][:, globals_] = 1
        node["global"] = "global_mask"
        seen[..., globals_] = 1
    if bias:
        inputs["bias"] = numbers(bias, HEADS)
        node["distance_bias"] = "bias"
        far = (torch.arange(length)[:, None] - torch.arange(length)).abs().clamp(max=bias - 1)
        added = inputs["bias"][far].permute(2, 0, 1)[None]
    if own is not None:
        node["own"] = own
    keys = split(k)
    if unit:
        keys, node["key_norm"] = torch.nn.functional.normalize(keys, dim=-1), "l2"
    return tabled(name, node, inputs, dense(split(q), keys, v, seen, added, own=own), v)


def ends(length, block, further):
    seen = near(length, block, 1, 1).clamp(max=1)
    last = (length - 1) // block * block
    seen[:, :block], seen[:, last:] = 1, 1
    seen[block:last, :block] += further
    seen[:block], seen[last:] = 1, 1
    return seen


def hashed(name, seed, causal=False, rounds=2, buckets=4, length=16, **settings):
    numbers = Numbers(seed)
    config = ReformerConfig(hidden_size=6, attention_head_size=3, num_attention_heads=HEADS, attn_layers=["lsh"], is_decoder=causal,
                            lsh_attn_chunk_length=4, num_hashes=rounds, num_buckets=buckets, hash_seed=seed,
                            lsh_num_chunks_after=settings.get("after", 0))
    layer = LSHSelfAttention(config, 0).double().eval()
    x = numbers(2, length, 6)
    layer.query_key.weight.data, layer.value.weight.data = torch.eye(6).double(), torch.eye(6).double()
    half = (buckets if isinstance(buckets, int) else sum(buckets)) // 2
    torch.manual_seed(seed)
    rotations = torch.randn(HEADS, 3, rounds, half, dtype=torch.float64)
    node = {"name": "y", "operation": "hashed_attention", "query": "x", "value": "x", "rotations": "rotations", "heads": HEADS, "chunk": 4,
            "causal": causal, "scale": 1, "own": -100000, "key_norm": "rms", **settings}
    if not isinstance(buckets, int):
        node["buckets"] = buckets
    with torch.no_grad():
        result = layer(x)
    return case(name, [node], {"x": x, "rotations": rotations}, {"y": result.hidden_states}, tolerance=1e4)


def sorted_blocks(name, seed, mixes, **settings):
    """mixes: weights (blocks × parts, blocks) out of the means' products (blocks, blocks)."""
    numbers = Numbers(seed)
    q, k, v = (numbers(2, 12, 6) for _ in range(3))
    node = {"operation": "sinkhorn_attention", "query": "q", "key": "k", "value": "v", "heads": HEADS, "block": 3, **settings}
    inputs = {"q": q, "k": k, "v": v}
    if "noise" in settings:
        inputs["noise"] = numbers(2 * HEADS, 4, 4)
    blocked = [split(x).unflatten(2, (4, 3)) for x in (q, k)]
    means = [x.mean(3) for x in blocked]
    weights = mixes(means[0] @ means[1].mT * 3 ** -0.5, inputs.get("noise"))
    shares = torch.einsum("bhuv,st->bhusvt", weights, torch.eye(3).double()).flatten(4)
    shares = shares.unflatten(2, (4, -1)).flatten(3, 4)
    own = torch.eye(12).double().view(4, 3, 12).expand(2, HEADS, 4, 3, 12)
    places = torch.cat([shares, own], 3)
    keys = places @ split(k)[:, :, None]
    probabilities = (blocked[0] @ keys.mT * 3 ** -0.5).softmax(-1)
    return tabled(name, node, inputs, (probabilities @ places).flatten(2, 3), v)


def largest(count):
    def mixes(scores, noise):
        found, scores = [], scores.clone()
        for _ in range(count):
            value, place = scores.softmax(-1).max(-1, keepdim=True)
            found.append(torch.zeros_like(scores).scatter(-1, place, value))
            scores = scores.scatter(-1, place, float("-inf"))
        return torch.stack(found, 3).flatten(2, 3)
    return mixes


def iterated(scores, noise):
    scores = ((scores.relu() + 1e-6).log() + noise.view(scores.shape)) / 0.7
    for _ in range(4):
        scores = scores - scores.logsumexp(-1, keepdim=True)
        scores = scores - scores.logsumexp(-2, keepdim=True)
    return scores.exp()


def rotations(name, seed, *shape):
    torch.manual_seed(seed)
    heads, width, rounds, directions = shape
    node = {"name": "y", "operation": "random_rotations", "seed": seed, "heads": heads, "width": width, "rounds": rounds,
            "buckets": [2 * directions]}
    return case(name, [node], {"x": torch.zeros(1).double()}, {"y": torch.randn(shape, dtype=torch.float32)}, tolerance=3e7)


def cases():
    return [
        linear("elu", 1, elu, "elu", epsilon=1e-6),
        linear("elu, causal, masked", 2, elu, "elu", causal=True, masked="keys", epsilon=1e-6),
        linear("elu, in blocks before", 3, elu, "elu", causal=True, block=11, least=1e-3),
        linear("relu of directions, values masked", 4, lambda x, w, _: (x @ w.T).relu() + 0.001, "relu", projection=5,
               masked="values", feature_epsilon=0.001),
        linear("softmax, not divided", 5, lambda x, w, is_query: x.softmax(-1) * 0.5 if is_query else x.softmax(-2), "softmax",
               normalised=False, scale=0.5),
        linear("softmax, causal", 6, lambda x, w, is_query: x.softmax(-1) if is_query else x.exp(), "softmax", causal=True),
        linear("random, stabilised", 7, random(0.5, 1e-4), "random", projection=7, input_scale=0.5, feature_epsilon=1e-4,
               stabilised="largest"),
        linear("random, opposites", 8, opposites, "random", projection=4, opposite=True, causal=True),
        blocks("blocks", 11, near(14, 4, 1, 1), block=4),
        blocks("blocks, causal, masked", 12, near(14, 4, 2, 0, causal=True), block=4, before=2, causal=True, masked=True),
        blocks("blocks, exact, global keys", 13, near(14, 3, 1, 1, exact=True), block=3, exact=True, globals_=[0, 9]),
        blocks("blocks, round the ends", 14, near(12, 4, 1, 1, wrapped=True), length=12, block=4, wrapped=True),
        blocks("blocks seen twice", 15, near(8, 4, 1, 1, wrapped=True), length=8, block=4, wrapped=True),
        blocks("ends, and one block more than once", 16, ends(14, 3, 2), block=3, first=1, last=1, further=[0, 0]),
        blocks("biases by distance, own score, unit keys", 17, near(12, 3, 1, 0, causal=True), length=12, block=3, causal=True,
               bias=6, own=-0.5, unit=True),
        blocks("whole", 18, torch.ones(14, 14).double(), block=3, whole_up_to=14),
        hashed("hashed", 21),
        hashed("hashed, causal, factors", 22, causal=True, buckets=[2, 4], rounds=3),
        hashed("hashed, around", 23, after=1, rounds=1),
        hashed("hashed, whole", 24, length=4, whole_up_to=4),
        sorted_blocks("sorted blocks", 31, largest(2), top=2),
        sorted_blocks("sorted blocks by iterations", 32, iterated, noise="noise", iterations=4, temperature=0.7),
        rotations("rotations, many", 5, 2, 3, 2, 4),
        rotations("rotations, few", -3, 1, 3, 1, 3),
    ]
