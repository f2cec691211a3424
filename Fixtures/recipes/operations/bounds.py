"""soft_cap, clamp."""

import torch

from .case import Numbers, case


def cases():
    x = Numbers(1)(2, 3, 8, within=6)
    nodes = [{"name": "cap", "operation": "soft_cap", "input": "x", "cap": 2.5},
             {"name": "both", "operation": "clamp", "input": "x", "minimum": -1.5, "maximum": 3},
             {"name": "above", "operation": "clamp", "input": "x", "maximum": 0.25},
             {"name": "below", "operation": "clamp", "input": "x", "minimum": 0}]
    outputs = {"cap": 2.5 * torch.tanh(x / 2.5), "both": x.clamp(-1.5, 3), "above": x.clamp(max=0.25),
               "below": x.clamp(min=0)}
    return [case("bounds", nodes, {"x": x}, outputs)]
