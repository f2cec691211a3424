"""pick_token, reduce, normalize, similarity."""

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


def means(numbers):
    x, image = numbers(3, 4, 5), numbers(2, 3, 4, 2)
    mask, weights = torch.tensor([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]]), numbers(3, 4).abs() + 1
    nodes = [{"name": name, "operation": "reduce", "function": "mean", **settings} for name, settings in {
        "a": {"input": "x", "axes": [1]}, "b": {"input": "x", "axes": [1], "mask": "mask"},
        "c": {"input": "x", "axes": [-1]}, "d": {"input": "image", "axes": [2]},
        "e": {"input": "x", "axes": [1], "mask": "weights"}, "f": {"input": "image", "axes": [1, -1], "keep": True},
        "g": {"input": "mask", "axes": [0, 1]}}.items()]
    wide = mask[..., None].double()
    outputs = {"a": x.mean(1), "b": (x * wide).sum(1) / wide.sum(1).clamp(min=1e-9), "c": x.mean(-1),
               "d": image.mean(2), "e": (x * weights[..., None]).sum(1) / weights.sum(1, keepdim=True),
               "f": image.mean((1, 3), keepdim=True), "g": mask.double().mean()}
    return case("means", nodes, {"x": x, "image": image, "mask": mask, "weights": weights}, outputs)


def reductions(numbers):
    x, ids = numbers(2, 5, 3), numbers.ids(9, 2, 7)
    mask = torch.tensor([[1, 0, 1, 1, 0], [0, 1, 0, 1, 1]])
    hidden = (mask == 0)[..., None]
    functions = {
        "sum": (x.sum((1, 2)), (x * mask[..., None]).sum((1, 2))),
        "maximum": (x.amax((1, 2)), x.masked_fill(hidden, -99).amax((1, 2))),
        "minimum": (x.amin((1, 2)), x.masked_fill(hidden, 99).amin((1, 2))),
        "product": (x.flatten(1).prod(1), x.masked_fill(hidden, 1).flatten(1).prod(1)),
        "variance": (x.var((1, 2), correction=0), torch.stack([x[row][mask[row] == 1].var(correction=0)
                                                               for row in range(2)])),
        "logsumexp": (x.logsumexp((1, 2)), x.masked_fill(hidden, -torch.inf).logsumexp((1, 2)))}
    nodes, outputs = [], {}
    for function, (plain, masked) in functions.items():
        node = {"operation": "reduce", "function": function, "input": "x", "axes": [-1, 1]}
        nodes += [{"name": function, **node}, {"name": f"{function}.masked", **node, "mask": "mask"}]
        outputs |= {function: plain, f"{function}.masked": masked}
    places = {"argmax": (x.argmax(1), x.masked_fill(hidden, -99).argmax(1)),
              "argmin": (x.argmin(1), x.masked_fill(hidden, 99).argmin(1))}
    for function, (plain, masked) in places.items():
        node = {"operation": "reduce", "function": function, "input": "x", "axes": [1]}
        nodes += [{"name": function, **node}, {"name": f"{function}.masked", **node, "mask": "mask"}]
        outputs |= {function: plain, f"{function}.masked": masked}
    for function, y in {"sum": ids.sum(1), "maximum": ids.amax(1), "minimum": ids.amin(1), "product": ids.prod(1),
                        "argmax": ids.argmax(1)}.items():
        nodes.append({"name": f"{function}.ids", "operation": "reduce", "function": function, "input": "ids",
                      "axes": [-1]})
        outputs[f"{function}.ids"] = y
    return case("reductions", nodes, {"x": x, "ids": ids, "mask": mask}, outputs)


def normalize(numbers):
    x, small = numbers(2, 3, 5), numbers(3, 4) * 2 ** -10
    small[1] = 0
    nodes = [{"name": "a", "operation": "normalize", "input": "x"},
             {"name": "b", "operation": "normalize", "input": "small", "epsilon": 0.001},
             {"name": "c", "operation": "normalize", "input": "x", "epsilon": 1e-12},
             {"name": "d", "operation": "normalize", "input": "x", "axis": 1}]
    return case("normalize", nodes, {"x": x, "small": small},
                {"a": x / x.norm(dim=-1, keepdim=True), "b": functional.normalize(small, dim=-1, eps=0.001),
                 "c": functional.normalize(x, dim=-1), "d": functional.normalize(x, dim=1)})


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
    makers = (pick, only_padding, means, reductions, normalize, similarity)
    return [make(Numbers(40 + seed)) for seed, make in enumerate(makers)]
