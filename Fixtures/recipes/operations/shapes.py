"""flatten, unflatten, concat, slice, token, permute."""

import torch

from .case import Numbers, case


def flatten(numbers):
    x, ids = numbers(2, 3, 4, 5), numbers.ids(9, 2, 3, 4)
    nodes = [{"name": "a", "operation": "flatten", "input": "x", "from": 2, "to": 3},
             {"name": "b", "operation": "flatten", "input": "x", "from": 0, "to": -3},
             {"name": "c", "operation": "flatten", "input": "ids", "from": 0, "to": -1},
             {"name": "d", "operation": "flatten", "input": "x", "from": 1, "to": 1}]
    outputs = {"a": x.flatten(2, 3), "b": x.flatten(0, 1), "c": ids.flatten(), "d": x}
    return case("flatten", nodes, {"x": x, "ids": ids}, outputs)


def unflatten(numbers):
    x, ids, like = numbers(6, 5), numbers.ids(9, 6), numbers(2, 3, 4)
    nodes = [{"name": "a", "operation": "unflatten", "input": "x", "like": "like", "from": 0, "to": 1},
             {"name": "b", "operation": "unflatten", "input": "ids", "like": "like", "from": 0, "to": -2},
             {"name": "c", "operation": "unflatten", "input": "like", "like": "like", "from": 1, "to": 1}]
    outputs = {"a": x.unflatten(0, (2, 3)), "b": ids.unflatten(0, (2, 3)), "c": like}
    return case("unflatten", nodes, {"x": x, "ids": ids, "like": like}, outputs)


def concat(numbers):
    x, y, ids, mask = numbers(2, 3, 4), numbers(2, 2, 4), numbers.ids(9, 2, 3), numbers.ids(2, 2, 4)
    nodes = [{"name": "a", "operation": "concat", "input": ["x", "y"], "axis": 1},
             {"name": "b", "operation": "concat", "input": ["x", "x", "x"], "axis": -1},
             {"name": "c", "operation": "concat", "input": ["ids", "mask"], "axis": 1},
             {"name": "d", "operation": "concat", "input": ["y"], "axis": 0}]
    outputs = {"a": torch.cat([x, y], 1), "b": torch.cat([x, x, x], -1), "c": torch.cat([ids, mask], 1), "d": y}
    return case("concat", nodes, {"x": x, "y": y, "ids": ids, "mask": mask}, outputs)


def slices(numbers):
    x, ids = numbers(2, 5, 6), numbers.ids(9, 2, 5)
    nodes = [{"name": "a", "operation": "slice", "input": "x", "axis": 1, "start": 1},
             {"name": "b", "operation": "slice", "input": "x", "axis": -1, "start": -4, "end": -1},
             {"name": "c", "operation": "slice", "input": "ids", "axis": 1, "end": 2},
             {"name": "d", "operation": "slice", "input": "x", "axis": 0, "start": 1, "end": 2}]
    return case("slice", nodes, {"x": x, "ids": ids},
                {"a": x[:, 1:], "b": x[..., -4:-1], "c": ids[:, :2], "d": x[1:2]})


def tokens(numbers):
    x, one, two = numbers(3, 2, 4), numbers(1, 4), numbers(2, 4)
    nodes = [{"name": "a", "operation": "token", "input": "x", "width": 4},
             {"name": "b", "operation": "token", "input": "x", "width": 4, "count": 2},
             {"name": "c", "operation": "concat", "input": ["a", "b", "x"], "axis": 1},
             {"name": "d", "operation": "token", "width": 4, "count": 2}]
    a, b = one.expand(3, 1, 4), two.expand(3, 2, 4)
    return case("token", nodes, {"x": x}, {"a": a, "b": b, "c": torch.cat([a, b, x], 1), "d": two[None]},
                {"a.weight": one, "b.weight": two, "d.weight": two})


def permute(numbers):
    x, ids = numbers(2, 3, 4, 5), numbers.ids(9, 2, 3)
    nodes = [{"name": "a", "operation": "permute", "input": "x", "axes": [0, 2, 3, 1]},
             {"name": "b", "operation": "permute", "input": "x", "axes": [3, 2, 0, 1]},
             {"name": "c", "operation": "permute", "input": "ids", "axes": [1, 0]}]
    return case("permute", nodes, {"x": x, "ids": ids},
                {"a": x.permute(0, 2, 3, 1), "b": x.permute(3, 2, 0, 1), "c": ids.T})


def cases():
    return [make(Numbers(seed)) for seed, make in enumerate((flatten, concat, slices, tokens, permute, unflatten))]
