"""attention by its four scores: by hand as Luong and Bahdanau have them, and Keras's layers."""

import torch

from .case import Numbers, case, packed
from .keras_layers import built, keras


def attend(scores, value):
    """Of one head: the context and the table."""
    table = scores.softmax(-1)
    return table @ value, table[:, None]


def made(name, node, inputs, y, table, parameters):
    node = {"name": "y", "operation": "attention", **{role: role for role in ("query", "key", "value")}, **node}
    return case(name, [node], inputs, {"y": y}, parameters) | {"attention": packed({"y": table})}


def by_hand(name, seed, make, width=6, key_width=6, masked=False, **node):
    numbers = Numbers(seed)
    query, key, value = numbers(2, 4, width), numbers(2, 5, key_width), numbers(2, 5, 3)
    parameters, scores = make(numbers, query, key)
    inputs, nodes, outputs = {"query": query, "key": key, "value": value}, [], {}
    if masked:  # some keys, for all queries and for each
        inputs |= {"key_mask": torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1]]), "pair_mask": torch.ones(4, 5).tril(1).long()}
        nodes = [{"name": f"{whose}s", "operation": "attention_mask", "input": f"{whose}_mask", "nonzero": "visible"}
                 for whose in ("key", "pair")]
        node |= {"key_mask": "keys", "mask": "pairs", "table": True}
        scores = scores.masked_fill((inputs["key_mask"][:, None] * inputs["pair_mask"]) == 0, -torch.inf)
    y, table = attend(scores, value)
    outputs = {"y.table": table} if masked else {}
    parameters = {f"y.{role}": parameter for role, parameter in parameters.items()}
    node = {"name": "y", "operation": "attention", **{role: role for role in ("query", "key", "value")}, "heads": 1, **node}
    return case(name, [*nodes, node], inputs, {"y": y, **outputs}, parameters) | {"attention": packed({"y": table})}


def dot(numbers, query, key):
    return {}, query @ key.mT


def scaled(numbers, query, key):
    return {}, query @ key.mT / query.shape[-1] ** 0.5


def bilinear(numbers, query, key):
    weight = numbers(query.shape[-1], key.shape[-1], within=1)
    return {"score.weight": weight}, query @ weight @ key.mT


def weighted(numbers, query, key):
    weight = numbers(query.shape[-1])
    return {"score.weight": weight}, (query * weight) @ key.mT


def additive(numbers, query, key):
    weight, bias = numbers(query.shape[-1]), numbers(1)
    sums = torch.tanh(query[:, :, None] + key[:, None])
    return {"score.weight": weight, "score.bias": bias}, sums @ weight + bias


def location(numbers, query, key):
    return {}, query


def heads(name, seed, **node):
    """Four query heads, two key heads."""
    numbers = Numbers(seed)
    query, key, value = numbers(2, 3, 12), numbers(2, 5, 6), numbers(2, 5, 4)
    q, k, v = query.reshape(2, 3, 4, 3).mT, key.reshape(2, 5, 2, 3), value.reshape(2, 5, 2, 2)
    q, k, v = query.reshape(2, 3, 4, 3).transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
    weight = numbers(12, 3) if node["score"] == "bilinear" else numbers(12)
    if node["score"] == "bilinear":
        scores = torch.einsum("bhqd,hde,bhke->bhqk", q, weight.reshape(4, 3, 3), k)
    else:
        scores = torch.einsum("bhqkd,hd->bhqk", torch.tanh(q[:, :, :, None] + k[:, :, None]), weight.reshape(4, 3))
    table = scores.softmax(-1)
    y = (table @ v).transpose(1, 2).flatten(2)
    return made(name, {"heads": 4, "key_value_heads": 2, **node}, {"query": query, "key": key, "value": value}, y,
                table, {"y.score.weight": weight})


def of_keras(name, seed, layer, masked=False, causal=False, **node):
    numbers = Numbers(seed)
    query, key, value = numbers(2, 4, 6), numbers(2, 5, 6), numbers(2, 5, 3)
    mask = torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 0, 0]])
    more = {"mask": [None, mask.bool(), None]} if masked else {}
    y, table = built(layer, [query, value, key], numbers=numbers, return_attention_scores=True,
                     use_causal_mask=causal, **more)
    inputs = {"query": query, "key": key, "value": value}
    nodes = []
    node = {"name": "y", "operation": "attention", "query": "query", "key": "key", "value": "value", "heads": 1} | node
    weights = {weight.name: weight.value for weight in layer.weights}
    parameters = {}
    if "concat_score_weight" in weights:
        parameters["y.score.weight"] = weights.pop("concat_score_weight")
        if weights:  # scale × (query + key)
            nodes.append({"name": "scale", "operation": "parameter", "shape": []})
            nodes += [{"name": f"scaled.{role}", "operation": "multiply", "input": [role, "scale"]}
                      for role in ("query", "key")]
            node |= {"query": "scaled.query", "key": "scaled.key"}
            parameters["scale.weight"] = weights.pop("scale")
    parameters |= {"y.score.weight": weight for weight in weights.values()}
    if masked:
        inputs["key_mask"] = mask
        nodes.append({"name": "visible", "operation": "attention_mask", "input": "key_mask", "nonzero": "visible"})
        node["key_mask"] = "visible"
    if causal:  # counted from the start
        nodes.append({"name": "causal", "operation": "pair_mask", "query": "query", "key": "key", "after": 0})
        node["mask"] = "causal"
    return case(name, [*nodes, node], inputs, {"y": y}, parameters) | {"attention": packed({"y": table[:, None]})}


def cases():
    layers = keras.layers
    return [
        by_hand("dot", 1, dot, scale=1), by_hand("scaled dot", 2, scaled),
        by_hand("bilinear", 3, bilinear, key_width=4, score="bilinear"),
        by_hand("weighted dot", 4, weighted, score_weight="vector", scale=1),
        by_hand("additive", 5, additive, score="additive", score_weight="vector", score_bias=True),
        by_hand("location", 16, location, width=5, score="location"),
        by_hand("dot, masked", 17, dot, masked=True, scale=1),
        by_hand("scaled dot, masked", 18, scaled, masked=True),
        by_hand("bilinear, masked", 19, bilinear, key_width=4, masked=True, score="bilinear"),
        by_hand("additive, masked", 20, additive, masked=True, score="additive", score_weight="vector", score_bias=True),
        heads("bilinear, with heads", 6, score="bilinear"),
        heads("additive, with heads", 7, score="additive", score_weight="vector"),
        of_keras("Keras, dot", 10, layers.Attention(), masked=True, scale=1),
        of_keras("Keras, dot with scale", 11, layers.Attention(use_scale=True), causal=True, scale=1,
                 score_weight="scalar"),
        of_keras("Keras, concat", 12, layers.Attention(score_mode="concat"), score="additive", score_weight="scalar"),
        of_keras("Keras, concat with scale", 13, layers.Attention(score_mode="concat", use_scale=True), masked=True,
                 score="additive", score_weight="scalar"),
        of_keras("Keras, additive", 14, layers.AdditiveAttention(), masked=True, score="additive",
                 score_weight="vector"),
        of_keras("Keras, additive without scale", 15, layers.AdditiveAttention(use_scale=False), score="additive")]
