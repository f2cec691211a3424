"""pick_token, mean, normalize, similarity."""

import torch
import torch.nn.functional as functional

from .case import Numbers, case


def picked(x, positions):
    return x[torch.arange(len(x)), torch.tensor(positions)]


def pick(numbers):
    x = numbers(4, 5, 3)
    ids = torch.tensor([[7, 2, 3, 2, 1], [2, 9, 1, 9, 1], [1, 2, 2, 1, 1], [1, 1, 1, 1, 2]])
    nodes = [{"name": name, "operation": "pick_token", "input": "x", "ids": "ids", **settings} for name, settings in {
        "a": {"where": "first"}, "b": {"where": "last", "padding": None}, "c": {"where": "largest"},
        "d": {"where": "first", "token": 2}, "e": {"where": "last", "token": 2}, "f": {"where": "last", "padding": 1},
        "g": {"where": "first", "padding": 1}, "h": {"where": "last", "padding": -100}}.items()]
    outputs = {"a": x[:, 0], "b": x[:, -1], "c": x[torch.arange(4), ids.argmax(-1)],
               "d": x[torch.arange(4), (ids == 2).int().argmax(-1)], "e": picked(x, [3, 0, 2, 4]),
               "f": picked(x, [3, 3, 2, 4]), "g": picked(x, [0, 0, 1, 4]), "h": x[:, -1]}
    return case("pick_token", nodes, {"x": x, "ids": ids}, outputs)


def only_padding(numbers):
    """transformers takes the first position of a row of padding only."""
    x, ids = numbers(2, 3, 2), torch.tensor([[1, 1, 1], [4, 4, 1]])
    tokens = torch.arange(3)
    y = x[torch.arange(2), (tokens * (ids != 1)).argmax(-1)]
    node = {"name": "y", "operation": "pick_token", "input": "x", "ids": "ids", "where": "last", "padding": 1}
    return case("pick_token of nothing but padding", [node], {"x": x, "ids": ids}, {"y": y})


def mean(numbers):
    x, image = numbers(3, 4, 5), numbers(2, 3, 4, 2)
    mask, weights = torch.tensor([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]]), numbers(3, 4).abs() + 1
    nodes = [{"name": "a", "operation": "mean", "input": "x", "axis": 1},
             {"name": "b", "operation": "mean", "input": "x", "axis": 1, "mask": "mask"},
             {"name": "c", "operation": "mean", "input": "x", "axis": -1},
             {"name": "d", "operation": "mean", "input": "image", "axis": 2},
             {"name": "e", "operation": "mean", "input": "x", "axis": 1, "mask": "weights"}]
    wide = mask[..., None].double()
    outputs = {"a": x.mean(1), "b": (x * wide).sum(1) / wide.sum(1).clamp(min=1e-9), "c": x.mean(-1),
               "d": image.mean(2), "e": (x * weights[..., None]).sum(1) / weights.sum(1, keepdim=True)}
    return case("mean", nodes, {"x": x, "image": image, "mask": mask, "weights": weights}, outputs)


def normalize(numbers):
    x, small = numbers(2, 3, 5), numbers(3, 4) * 2 ** -10
    small[1] = 0
    nodes = [{"name": "a", "operation": "normalize", "input": "x"},
             {"name": "b", "operation": "normalize", "input": "small", "epsilon": 0.001},
             {"name": "c", "operation": "normalize", "input": "x", "epsilon": 1e-12}]
    return case("normalize", nodes, {"x": x, "small": small},
                {"a": x / x.norm(dim=-1, keepdim=True), "b": functional.normalize(small, dim=-1, eps=0.001),
                 "c": functional.normalize(x, dim=-1)})


def similarity(numbers):
    left, right = numbers(3, 4), numbers(2, 4)
    scale, bias = torch.tensor(1.5).double(), torch.tensor(-2.25).double()
    nodes = [{"name": "a", "operation": "similarity", "left": "left", "right": "right"},
             {"name": "b", "operation": "similarity", "left": "left", "right": "right", "bias": True},
             {"name": "c", "operation": "permute", "input": "b", "axes": [1, 0]}]
    plain = left @ right.T * scale.exp()
    return case("similarity", nodes, {"left": left, "right": right}, {"a": plain, "b": plain + bias, "c": (plain + bias).T},
                {"a.scale": scale, "b.scale": scale, "b.bias": bias})


def cases():
    return [make(Numbers(40 + seed)) for seed, make in enumerate((pick, only_padding, mean, normalize, similarity))]
