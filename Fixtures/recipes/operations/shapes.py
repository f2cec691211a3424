"""What rearranges: flatten, concat, slice, pad, repeat, resize, take and their like."""

import torch
import torch.nn.functional as functional

from .case import Numbers, case
from .keras_layers import keras


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
             {"name": "d", "operation": "slice", "input": "x", "axis": 0, "start": 1, "end": 2},
             {"name": "e", "operation": "slice", "input": "x", "axis": -1, "start": 1, "step": 2},
             {"name": "f", "operation": "slice", "input": "x", "axis": 1, "step": -1},
             {"name": "g", "operation": "slice", "input": "ids", "axis": 1, "start": -1, "end": 0, "step": -3},
             {"name": "h", "operation": "slice", "input": "x", "axis": 1, "start": -9, "end": 99, "clamp": True},
             {"name": "i", "operation": "slice", "input": "x", "axis": 2, "start": 4, "end": -99, "step": -2,
              "clamp": True}]
    return case("slice", nodes, {"x": x, "ids": ids},
                {"a": x[:, 1:], "b": x[..., -4:-1], "c": ids[:, :2], "d": x[1:2], "e": x[..., 1::2], "f": x.flip(1),
                 "g": ids[:, [4, 1]], "h": x, "i": x[..., [4, 2, 0]]})


def selects(numbers):
    x, ids = numbers(2, 5, 6), numbers.ids(9, 2, 5)
    nodes = [{"name": "a", "operation": "select", "input": "x", "axis": 1, "index": -2},
             {"name": "b", "operation": "select", "input": "ids", "axis": 0, "index": 1},
             {"name": "c", "operation": "select", "input": "b", "axis": 0, "index": 3}]
    return case("select", nodes, {"x": x, "ids": ids}, {"a": x[:, -2], "b": ids[1], "c": ids[1, 3]})


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
             {"name": "c", "operation": "permute", "input": "ids", "axes": [-1, 0]}]
    return case("permute", nodes, {"x": x, "ids": ids},
                {"a": x.permute(0, 2, 3, 1), "b": x.permute(3, 2, 0, 1), "c": ids.T})


def repeats(numbers):
    x, ids, like, row = numbers(2, 3, 4), numbers.ids(9, 2, 3), numbers(5, 7, 4), numbers(1, 4)
    nodes = [{"name": "a", "operation": "repeat", "input": "x", "axis": 1, "count": 3},
             {"name": "b", "operation": "repeat", "input": "x", "axis": 1, "count": 3, "each": True},
             {"name": "c", "operation": "repeat", "input": "ids", "axis": -1, "count": 2, "each": True},
             {"name": "d", "operation": "repeat", "input": "ids", "axis": 0, "count": 2},
             {"name": "e", "operation": "broadcast", "input": "row", "like": "like"},
             {"name": "f", "operation": "broadcast", "input": "row", "like": "x", "axes": [0]}]
    outputs = {"a": x.tile(1, 3, 1), "b": x.repeat_interleave(3, 1), "c": ids.repeat_interleave(2, 1),
               "d": ids.tile(2, 1), "e": row.expand(5, 7, 4), "f": row.expand(2, 4)}
    return case("repeats", nodes, {"x": x, "ids": ids, "like": like, "row": row}, outputs,
                axes={"row": [1, 4], "like": ["rows", "columns", 4]})


def pads(numbers):
    x, ids = numbers(2, 3, 4, 5), numbers.ids(9, 2, 3)
    plane, sides = [[2, 1], [0, 3]], (0, 3, 2, 1)
    nodes = [{"name": "a", "operation": "pad", "input": "x", "from": 2, "padding": plane},
             {"name": "b", "operation": "pad", "input": "x", "from": 2, "padding": plane, "mode": "reflect"},
             {"name": "c", "operation": "pad", "input": "x", "from": -2, "padding": plane, "mode": "replicate"},
             {"name": "d", "operation": "pad", "input": "x", "from": 2, "padding": plane, "mode": "circular"},
             {"name": "e", "operation": "pad", "input": "x", "padding": [[3, 2]], "mode": "symmetric"},
             {"name": "f", "operation": "pad", "input": "ids", "padding": [[1, 2]], "value": -7},
             {"name": "g", "operation": "pad", "input": "x", "from": 0, "padding": [[1, 0], [0, 1]], "value": 0.5}]
    outputs = {"a": functional.pad(x, sides), "b": functional.pad(x, sides, "reflect"),
               "c": functional.pad(x, sides, "replicate"), "d": functional.pad(x, sides, "circular"),
               "e": x[:, [2, 1, 0, 0, 1, 2, 2, 1]], "f": functional.pad(ids, (1, 2), value=-7),
               "g": functional.pad(x, (0, 0, 0, 0, 0, 1, 1, 0), value=0.5)}
    return case("pads", nodes, {"x": x, "ids": ids}, outputs)


def resizes(numbers):
    x, image = numbers(2, 3, 7), numbers(2, 4, 5, 3)
    nodes = [{"name": name, "operation": "resize", "input": "x", "axis": -1, **settings} for name, settings in {
        "a": {"factor": 3}, "b": {"factor": 2, "mode": "linear"}, "c": {"size": 5, "mode": "linear"},
        "d": {"size": 11, "mode": "linear", "corners": True}, "e": {"size": 10}, "f": {"size": 5},
        "g": {"size": 10, "mode": "nearest_exact"}, "h": {"size": 1, "mode": "linear", "corners": True}}.items()]
    nodes += [{"name": "rows", "operation": "resize", "input": "image", "axis": 1, "factor": 2, "mode": "linear"},
              {"name": "keras", "operation": "resize", "input": "rows", "axis": 2, "factor": 3, "mode": "linear"}]

    def resized(size, mode="linear", **more):
        return functional.interpolate(x, size=size, mode=mode, **more)

    outputs = {"a": resized(21, "nearest"), "b": resized(14), "c": resized(5), "d": resized(11, align_corners=True),
               "e": resized(10, "nearest"), "f": resized(5, "nearest"), "g": resized(10, "nearest-exact"),
               "h": resized(1, align_corners=True),
               "keras": keras.layers.UpSampling2D((2, 3), interpolation="bilinear")(image)}
    return case("resizes", nodes, {"x": x, "image": image}, outputs)


def places(numbers):
    x, table, ids, far = numbers(2, 5, 3), numbers(6, 4), numbers.ids(5, 2, 4), numbers.ids(3, 2, 1, 2)
    back = ids - 5
    nodes = [{"name": "a", "operation": "take", "input": "table", "ids": "ids", "axis": 0},
             {"name": "b", "operation": "take", "input": "x", "ids": "back", "axis": 1},
             {"name": "c", "operation": "take", "input": "ids", "ids": "far", "axis": -1},
             {"name": "d", "operation": "take", "input": "x", "ids": "far", "axis": -1, "along": True},
             {"name": "e", "operation": "arange", "input": "x", "axis": 1},
             {"name": "f", "operation": "arange", "count": 4, "start": 7, "step": -3},
             {"name": "g", "operation": "one_hot", "input": "back", "classes": 4},
             {"name": "h", "operation": "one_hot", "input": "ids", "classes": 5}]
    wide = far.expand(2, 5, 2)
    outputs = {"a": table[ids], "b": x[:, back], "c": ids[:, far], "d": x.gather(-1, wide), "e": torch.arange(5),
               "f": torch.tensor([7, 4, 1, -2]), "g": torch.zeros(2, 4, 4).double(),
               "h": functional.one_hot(ids, 5).double()}
    return case("places", nodes, {"x": x, "table": table, "ids": ids, "back": back, "far": far}, outputs)


def sums(numbers):
    x, ids = numbers(2, 5, 3), numbers.ids(9, 2, 4)
    nodes = [{"name": "a", "operation": "cumsum", "input": "x", "axis": 1},
             {"name": "b", "operation": "cumsum", "input": "ids", "axis": -1},
             {"name": "c", "operation": "cast", "input": "x", "dtype": "integer"},
             {"name": "d", "operation": "cast", "input": "ids", "dtype": "floating"},
             {"name": "e", "operation": "cast", "input": "ids", "dtype": "boolean"},
             {"name": "f", "operation": "cast", "input": "x", "dtype": "boolean"}]
    outputs = {"a": x.cumsum(1), "b": ids.cumsum(-1), "c": x.long(), "d": ids.double(), "e": (ids != 0).long(),
               "f": (x != 0).long()}
    return case("sums and casts", nodes, {"x": x, "ids": ids}, outputs)


def chooses(numbers):
    x, y, row, ids = numbers(2, 3, 4), numbers(2, 3, 4), numbers(4), numbers.ids(9, 2, 3)
    mask, corner = torch.tensor([[1, 0, 1], [0, 0, 1]]), torch.tensor([[[1, 0, 0, 1]]])
    nodes = [{"name": "zero", "operation": "constant", "value": 0, "dtype": "integer"},
             {"name": "a", "operation": "choose", "mask": "mask", "yes": "x", "no": "row"},
             {"name": "b", "operation": "choose", "mask": "corner", "yes": "x", "no": "y"},
             {"name": "c", "operation": "choose", "mask": "mask", "yes": "ids", "no": "zero"},
             {"name": "d", "operation": "choose", "mask": "corner", "yes": "row", "no": "zero"}]
    outputs = {"a": torch.where(mask[..., None] != 0, x, row), "b": torch.where(corner != 0, x, y), "c": ids * mask,
               "d": row * corner}
    inputs = {"x": x, "y": y, "row": row, "ids": ids, "mask": mask, "corner": corner}
    return case("chooses", nodes, inputs, outputs, axes={"corner": [1, 1, 4]})


def cases():
    makers = (flatten, concat, slices, tokens, permute, unflatten, selects, repeats, pads, resizes, places, sums,
              chooses)
    return [make(Numbers(seed)) for seed, make in enumerate(makers)]
