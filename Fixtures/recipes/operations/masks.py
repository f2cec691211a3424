"""attention_mask by pairs."""

import torch

from .case import case


def hidden(flags):
    return torch.zeros(flags.shape).double().masked_fill(flags, float("-inf"))


def pairs():
    mask, flags = torch.tensor([[1, 1, 0], [1, 1, 1]]), torch.tensor([[0, 1, 1], [0, 0, 1]])
    nodes = [{"name": "a", "operation": "attention_mask", "input": "mask", "nonzero": "visible", "pairs": True},
             {"name": "b", "operation": "attention_mask", "input": "flags_mask", "nonzero": "hidden", "pairs": True},
             {"name": "c", "operation": "attention_mask", "input": "mask", "nonzero": "visible"}]
    seen = mask[:, None, None, :] * mask[:, None, :, None]
    kept = (1 - flags)[:, None, None, :] * (1 - flags)[:, None, :, None]
    return case("attention_mask by pairs", nodes, {"mask": mask, "flags_mask": flags},
                {"a": hidden(seen == 0), "b": hidden(kept == 0), "c": hidden(mask == 0)})


def cases():
    return [pairs()]
