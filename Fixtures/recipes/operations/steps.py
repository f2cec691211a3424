"""Blocks of steps: decoders as PyTorch's modules run them, one step after another."""

import torch
from torch import nn

from .case import Numbers, case, packed
from .recurrent import random, torch_parameters


def after(steps, axis=1):
    return torch.cat(steps, axis)


def attentive(name, seed, backward=False):
    """Bahdanau's decoder: each step looks at the memory, then goes on; and a decoder of one query inside a repeat."""
    numbers = Numbers(seed)
    cell = nn.GRU(5 + 6, 6, batch_first=True).double()
    random(cell, numbers)
    memory, tokens, state = numbers(2, 5, 6), numbers(2, 4, 5), numbers(2, 6)
    visible = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
    weight, ours, theirs = numbers(6, within=1), numbers(6, 6, within=1), numbers(6, 6, within=1)
    made, contexts, tables, keys = [], [], [], memory @ theirs.T
    first, order = state, range(4)
    for step in reversed(order) if backward else order:
        sums = torch.tanh((state @ ours.T)[:, None] + keys) @ weight
        table = sums.masked_fill(visible == 0, -torch.inf).softmax(-1)[:, None]
        contexts.append(table @ memory)
        y, state = cell(torch.cat([tokens[:, step:step + 1], contexts[-1]], -1), state[None])
        state = state[0]
        made.append(y)
        tables.append(table[:, None])
    if backward:
        made, contexts, tables = made[::-1], contexts[::-1], tables[::-1]
    nodes = [
        {"name": "visible", "operation": "attention_mask", "input": "memory_mask", "nonzero": "visible"},
        {"name": "keys", "operation": "linear", "input": "memory", "width": 6, "bias": False},
        {"name": "decoder", "steps": {"token": "tokens"}, "input": {"state": "first"}, "output": {"state": "cell.state"},
         **({"direction": "backward"} if backward else {}),
         "nodes": [
             {"name": "row", "operation": "reshape", "input": "state", "shape": [1, 6]},
             {"name": "query", "operation": "linear", "input": "row", "width": 6, "bias": False},
             {"name": "attention", "operation": "attention", "query": "query", "key": "keys", "value": "memory",
              "key_mask": "visible", "heads": 1, "score": "additive", "score_weight": "vector"},
             {"name": "both", "operation": "concat", "axis": -1, "input": ["token", "attention"]},
             {"name": "cell", "operation": "recurrent", "kind": "gru", "input": "both", "state": "state", "width": 6,
              "recurrent_bias": True}]}]
    parameters = {"keys.weight": theirs, "decoder.query.weight": ours, "decoder.attention.score.weight": weight}
    parameters |= torch_parameters(cell, "decoder.cell")
    outputs = {"decoder": after(made), "decoder.cell": after(made), "decoder.attention": after(contexts),
               "decoder.state": state, "decoder.cell.state": state}
    return case(name, nodes, {"tokens": tokens, "memory": memory, "first": first, "memory_mask": visible}, outputs,
                parameters) | {"attention": packed({"decoder.attention": after(tables, 2)})}


def fed_back(name, seed):
    """A network that is given no sequence: what a step puts out is the next step's input."""
    numbers = Numbers(seed)
    cell = nn.RNN(4, 4, batch_first=True).double()
    random(cell, numbers)
    x, state, made = numbers(3, 1, 4), torch.zeros(1, 3, 4).double(), []
    given = x
    for _ in range(5):
        x, state = cell(x, state)
        made.append(x)
    nodes = [
        {"name": "zero", "operation": "reduce", "function": "sum", "axes": [1], "input": "x"},
        {"name": "none", "operation": "scale", "input": "zero", "by": 0},
        {"name": "network", "steps": 5, "input": {"input": "x", "state": "none"},
         "output": {"input": "cell", "state": "cell.state"}, "nodes": [
             {"name": "cell", "operation": "recurrent", "kind": "elman", "input": "input", "state": "state", "width": 4,
              "recurrent_bias": True}]}]
    return case(name, nodes, {"x": given}, {"network": after(made), "network.input": x, "network.state": state[0]},
                torch_parameters(cell, "network.cell"), axes={"x": ["batch", {"steps": 1}, 4]})


def nested(name, seed):
    """Steps inside of steps, with blocks between: rows of a picture, then the places of each."""
    numbers = Numbers(seed)
    places, rows = nn.RNN(3, 4, batch_first=True).double(), nn.GRU(4, 5, batch_first=True).double()
    random(places, numbers)
    random(rows, numbers)
    x, offset = numbers(2, 3, 4, 3), numbers(3)
    state, made, all_places = torch.zeros(1, 2, 4).double(), [], []
    above = torch.zeros(1, 2, 5).double()
    for row in range(3):
        inner = []
        for place in range(4):
            _, state = places(x[:, row, place:place + 1] + 2 * offset, state)
            inner.append(state[0][:, None])
        all_places.append(after(inner)[:, None])
        y, above = rows(inner[-1], above)
        made.append(y)
    nodes = [
        {"name": "one", "operation": "reduce", "function": "sum", "axes": [1, 2], "input": "x"},
        {"name": "start", "operation": "linear", "input": "one", "width": 4, "bias": False},
        {"name": "above", "operation": "linear", "input": "one", "width": 5, "bias": False},
        {"name": "offset", "operation": "parameter", "shape": [3]},
        {"name": "rows", "steps": {"row": "x"}, "input": {"place": "start", "above": "above"},
         "output": {"place": "places.state", "above": "cell.state"}, "nodes": [
             {"name": "flat", "operation": "flatten", "input": "row", "from": 1, "to": 2},
             {"name": "places", "steps": {"x": "flat"}, "input": {"state": "place"}, "output": {"state": "cell.state"},
              "nodes": [
                  {"name": "shift.{i}", "repeat": 2, "input": "x", "nodes": [
                      {"name": "sum", "operation": "add", "input": ["input", "offset"]}]},
                  {"name": "cell", "operation": "recurrent", "kind": "elman", "input": "shift", "state": "state",
                   "width": 4, "recurrent_bias": True}]},
             {"name": "last", "operation": "slice", "input": "places", "axis": 1, "start": -1},
             {"name": "cell", "operation": "recurrent", "kind": "gru", "input": "last", "state": "above", "width": 5,
              "recurrent_bias": True}]}]
    parameters = {"start.weight": torch.zeros(4, 3), "above.weight": torch.zeros(5, 3), "offset.weight": offset}
    parameters |= torch_parameters(places, "rows.places.cell") | torch_parameters(rows, "rows.cell")
    return case(name, nodes, {"x": x}, {"rows": after(made), "rows.place": state[0], "rows.above": above[0]}, parameters)


def cases():
    return [attentive("a decoder that looks at each step", 1), attentive("backward", 2, backward=True),
            fed_back("fed back", 3), nested("steps in steps", 4)]
