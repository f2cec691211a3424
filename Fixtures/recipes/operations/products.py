"""einsum: products of every kind."""

import torch

from .case import Numbers, case
from .keras_layers import keras


def of_two(numbers):
    x, y, square = numbers(2, 3, 4), numbers(2, 5, 4), numbers(4, 4)
    equations = {
        "scores": ("bqd,bkd->bqk", (x, y)), "crossed": ("bqd,bkd->kqb", (x, y)), "linear": ("bqd,dh->bqh", (x, square)),
        "turned": ("bqd,hd->hbq", (x, square)), "outer": ("bqd,bkd->bqkd", (x, y)), "whole": ("bqd,bkd->", (x, y)),
        "apart": ("bqd,ckd->bcqk", (x, y)), "kept": ("bqd,bkd->bd", (x, y)), "trace": ("bqd,hh->bq", (x, square)),
        "diagonal": ("hh,bqh->qh", (square, x)), "spaces": ("b q d, d h", (x, square))}
    names = {id(x): "x", id(y): "y", id(square): "square"}
    nodes = [{"name": name, "operation": "einsum", "equation": equation, "input": [names[id(t)] for t in tensors]}
             for name, (equation, tensors) in equations.items()]
    outputs = {name: torch.einsum(equation.replace(" ", ""), *tensors)
               for name, (equation, tensors) in equations.items()}
    return case("of two", nodes, {"x": x, "y": y, "square": square}, outputs)


def of_one_and_many(numbers):
    x, y, z = numbers(3, 4, 5), numbers(4, 6), numbers(6, 3)
    nodes = [{"name": name, "operation": "einsum", "equation": equation, "input": flowing}
             for name, equation, flowing in (("a", "abc->ca", ["x"]), ("b", "abc,bd,da->c", ["x", "y", "z"]),
                                             ("c", "bd,da->ab", ["y", "z"]), ("d", "bd,bd,bd->b", ["y", "y", "y"]),
                                             ("e", "abc", ["x"]))]
    outputs = {"a": x.sum(1).T, "b": torch.einsum("abc,bd,da->c", x, y, z), "c": (y @ z).T, "d": (y ** 3).sum(1),
               "e": x}
    return case("of one and many", nodes, {"x": x, "y": y, "z": z}, outputs)


def ellipses(numbers):
    x, y, row, ids = numbers(2, 1, 3, 4), numbers(5, 4, 6), numbers(4), numbers.ids(9, 4, 2)
    nodes = [{"name": name, "operation": "einsum", "equation": equation, "input": flowing}
             for name, equation, flowing in (("matmul", "...ij,...jk->...ik", ["x", "y"]),
                                             ("vector", "...j,j->...", ["x", "row"]),
                                             ("implied", "...ij,...jk", ["x", "y"]),
                                             ("ids", "bhqd,de->bhqe", ["x", "ids"]))]
    outputs = {"matmul": x @ y, "vector": x @ row, "implied": x @ y, "ids": x @ ids.double()}
    return case("ellipses", nodes, {"x": x, "y": y, "row": row, "ids": ids}, outputs)


def dot(numbers):
    """Keras's Dot, plain and of cosines."""
    x, y = numbers(2, 3, 5), numbers(2, 4, 5)
    nodes = [{"name": "plain", "operation": "einsum", "equation": "bij,bkj->bik", "input": ["x", "y"]},
             {"name": "left", "operation": "normalize", "input": "x", "epsilon": 1e-6},
             {"name": "right", "operation": "normalize", "input": "y", "epsilon": 1e-6},
             {"name": "cosines", "operation": "einsum", "equation": "bij,bkj->bik", "input": ["left", "right"]}]
    layers = keras.layers
    outputs = {"plain": layers.Dot(axes=2)([x, y]), "cosines": layers.Dot(axes=2, normalize=True)([x, y])}
    return case("Keras's Dot", nodes, {"x": x, "y": y}, outputs)


def cases():
    return [make(Numbers(seed)) for seed, make in enumerate((of_two, of_one_and_many, ellipses, dot), start=1)]
