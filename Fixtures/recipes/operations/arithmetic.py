"""add and multiply, broadcast."""

from .case import Numbers, case


def cases():
    numbers = Numbers(1)
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
    return [case("broadcast", nodes, inputs, outputs, axes=axes)]
