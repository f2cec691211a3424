"""add, multiply, arithmetic, compare, constant and parameter, broadcast."""

import torch

from .case import Numbers, case


def broadcast(numbers):
    x, column, row = numbers(2, 3, 8), numbers(2, 3, 1), numbers(8)
    heads, batch = numbers(1, 4, 3, 5), numbers(2, 1, 3, 5)
    nodes = [{"name": "columns", "operation": "multiply", "input": ["x", "column"]},
             {"name": "rows", "operation": "multiply", "input": ["row", "x"]},
             {"name": "all", "operation": "multiply", "input": ["column", "row", "x"]},
             {"name": "outer", "operation": "add", "input": ["heads", "batch"]}]
    inputs = {"x": x, "column": column, "row": row, "heads": heads, "batch": batch}
    outputs = {"columns": x * column, "rows": row * x, "all": column * row * x, "outer": heads + batch}
    axes = {"x": ["batch", "sequence", 8], "column": ["batch", "sequence", 1], "row": [8],
            "heads": ["one", {"heads": 4}, "queries", "keys"], "batch": ["batch", "some", "queries", "keys"]}
    return case("broadcast", nodes, inputs, outputs, axes=axes)


def arithmetic(name, nodes, inputs, outputs, **more):
    nodes = [{"name": key, "operation": "arithmetic", "function": function, "input": flowing}
             for key, function, flowing in nodes]
    return case(name, nodes, inputs, outputs, **more)


def of_numbers(numbers):
    x, row, column = numbers(2, 3, 5), numbers(5), numbers(2, 3, 1).abs() + 0.25
    nodes = [("a", "subtract", ["x", "row", "column"]), ("b", "divide", ["row", "column"]),
             ("c", "maximum", ["x", "row"]), ("d", "minimum", ["x", "row", "column"]),
             ("e", "average", ["x", "row", "column"]), ("f", "power", ["column", "x"]),
             ("g", "floor_divide", ["x", "column"]), ("h", "remainder", ["x", "column"])]
    outputs = {"a": x - row - column, "b": row / column, "c": torch.maximum(x, row),
               "d": torch.minimum(torch.minimum(x, row), column), "e": (x + row + column) / 3, "f": column ** x,
               "g": torch.floor_divide(x, column), "h": torch.remainder(x, column)}
    return arithmetic("of numbers", nodes, {"x": x, "row": row, "column": column}, outputs,
                      axes={"x": ["batch", "sequence", 5], "row": [5], "column": ["batch", "sequence", 1]})


def of_ids(numbers):
    x, y = numbers.ids(19, 2, 7) - 9, numbers.ids(5, 7) + 1
    nodes = [("a", "subtract", ["x", "y"]), ("b", "divide", ["x", "y"]), ("c", "maximum", ["x", "y"]),
             ("d", "minimum", ["x", "y"]), ("e", "average", ["x", "y"]), ("f", "power", ["x", "y"]),
             ("g", "floor_divide", ["x", "y"]), ("h", "remainder", ["x", "y"])]
    outputs = {"a": x - y, "b": x.double() / y, "c": torch.maximum(x, y), "d": torch.minimum(x, y),
               "e": (x + y).double() / 2, "f": x ** y, "g": torch.floor_divide(x, y), "h": torch.remainder(x, y)}
    return arithmetic("of ids", nodes, {"x": x, "y": y}, outputs)


def compare(numbers):
    x, y, ids = numbers(2, 3, 4).round(), numbers(4).round(), numbers.ids(3, 3, 1)
    functions = {"equal": torch.eq, "not_equal": torch.ne, "less": torch.lt, "less_equal": torch.le,
                 "greater": torch.gt, "greater_equal": torch.ge}
    nodes = [{"name": name, "operation": "compare", "function": name, "input": ["x", "y"]} for name in functions]
    outputs = {name: function(x, y).long() for name, function in functions.items()}
    nodes += [{"name": "not", "operation": "compare", "function": "not", "input": "ids"},
              {"name": "and", "operation": "compare", "function": "and", "input": ["less", "ids", "x"]},
              {"name": "or", "operation": "compare", "function": "or", "input": ["less", "equal", "not"]},
              {"name": "xor", "operation": "compare", "function": "xor", "input": ["x", "ids"]}]
    less, same, true = x < y, x == y, ids != 0
    outputs |= {"not": (~true).long(), "and": (less & true & (x != 0)).long(), "or": (less | same | ~true).long(),
                "xor": ((x != 0) ^ true).long()}
    return case("compare", nodes, {"x": x, "y": y, "ids": ids}, outputs,
                axes={"x": ["batch", "sequence", 4], "y": [4], "ids": ["sequence", 1]})


def constants(numbers):
    x, ids, weight, one = numbers(2, 3), numbers.ids(9, 2, 3), numbers(2, 1), numbers()
    nodes = [{"name": "half", "operation": "constant", "value": 0.5},
             {"name": "rows", "operation": "constant", "value": [[1, 2, 3]], "dtype": "integer"},
             {"name": "a", "operation": "add", "input": ["x", "half"]},
             {"name": "b", "operation": "multiply", "input": ["ids", "rows"]},
             {"name": "c", "operation": "add", "input": ["ids", "half"]},
             {"name": "w", "operation": "parameter", "shape": [2, 1]},
             {"name": "g", "operation": "parameter", "shape": []},
             {"name": "d", "operation": "multiply", "input": ["x", "w", "g"]}]
    row = torch.tensor([[1, 2, 3]])
    outputs = {"half": torch.tensor(0.5).double(), "rows": row, "a": x + 0.5, "b": ids * row, "c": ids + 0.5,
               "d": x * weight * one}
    return case("constants", nodes, {"x": x, "ids": ids}, outputs, {"w.weight": weight, "g.weight": one})


def cases():
    return [make(Numbers(seed))
            for seed, make in enumerate((broadcast, of_numbers, of_ids, compare, constants), start=1)]
