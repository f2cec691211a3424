"""attention_mask by pairs, window_mask, choose, first, shift_right, and Longformer's attention made of them."""

import torch
from transformers import LongformerConfig
from transformers.models.bart.modeling_bart import shift_tokens_right
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention
from transformers.models.mbart.modeling_mbart import shift_tokens_right as wrap_tokens_right

from .case import Numbers, case, exact


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


def windows(numbers):
    x, mask = numbers(2, 6, 2), torch.tensor([[0, 0, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0]])
    nodes = [{"name": "a", "operation": "window_mask", "input": "x", "before": 1, "after": 2},
             {"name": "b", "operation": "window_mask", "input": "x", "global": "mask", "before": 0, "after": 0},
             {"name": "c", "operation": "window_mask", "input": "x", "before": 9},
             {"name": "d", "operation": "window_mask", "input": "x", "before": 2}]
    away = torch.arange(6)[None, :] - torch.arange(6)[:, None]
    near = [(away >= -1) & (away <= 2), away == 0, away > -10, away >= -2]
    outputs = {name: hidden(~flags)[None, None] for name, flags in zip("abcd", near)}
    outputs["b"] = hidden(~(near[1][None, None] | (mask == 1)[:, None, None, :]))
    return case("window_mask", nodes, {"x": x, "mask": mask}, outputs)


def choices(numbers):
    yes, no, mask, ids, others = numbers(2, 3, 4), numbers(2, 3, 4), torch.tensor([[1, 0, 0], [0, 1, 1]]), \
        numbers.ids(9, 2, 3), numbers.ids(9, 2, 3)
    nodes = [{"name": "a", "operation": "choose", "mask": "mask", "yes": "yes", "no": "no"},
             {"name": "b", "operation": "choose", "mask": "mask", "yes": "ids", "no": "others"},
             {"name": "c", "operation": "first", "input": ["ids", "others"]}]
    return case("choose, first", nodes, {"yes": yes, "no": no, "mask": mask, "ids": ids, "others": others},
                {"a": torch.where(mask[..., None] == 1, yes, no), "b": torch.where(mask == 1, ids, others), "c": ids})


def shifts():
    ids = torch.tensor([[5, 6, 7, 2, 1, 1], [5, 6, 7, 8, 9, 2], [2, -100, -100, 1, 1, 1]])
    nodes = [{"name": "a", "operation": "shift_right", "input": "ids", "start": 4, "padding": 1},
             {"name": "b", "operation": "shift_right", "input": "ids", "padding": 1},
             {"name": "c", "operation": "shift_right", "input": "ids", "start": 0}]
    plain = ids.roll(1, -1)
    plain[:, 0] = 0
    return case("shift_right", nodes, {"ids": ids},
                {"a": shift_tokens_right(ids, 1, 4), "b": wrap_tokens_right(ids, 1), "c": plain})


def longformer(numbers):
    """One attention with window 4, two global tokens in one row and one in the other, which has padding."""
    config = LongformerConfig(hidden_size=8, num_attention_heads=2, attention_window=[4], num_hidden_layers=1)
    module = LongformerSelfAttention(config, 0).double().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(numbers(*parameter.shape, within=1))
    x, far = numbers(2, 16, 8), torch.zeros(2, 16, dtype=torch.int64)
    far[0, 0] = far[0, 9] = far[1, 0] = 1
    seen = torch.ones(2, 16, dtype=torch.int64)
    seen[1, 13:] = 0
    merged = torch.where(seen == 0, -10000.0, far.double())
    with exact():
        y = module(x, attention_mask=merged, is_index_masked=merged < 0, is_index_global_attn=merged > 0,
                   is_global_attn=True)[0]
    names = ("query", "key", "value", "query_global", "key_global", "value_global")
    nodes = [{"name": name, "operation": "linear", "input": "x", "width": 8} for name in names]
    nodes += [{"name": "keys", "operation": "attention_mask", "input": "seen_mask", "nonzero": "visible"},
              {"name": "pairs", "operation": "attention_mask", "input": "seen_mask", "nonzero": "visible", "pairs": True},
              {"name": "window", "operation": "window_mask", "input": "x", "global": "far_mask", "before": 2, "after": 2},
              {"name": "mask", "operation": "add", "input": ["window", "pairs"]},
              {"name": "local", "operation": "attention", "query": "query", "key": "key", "value": "value", "heads": 2,
               "mask": "mask", "fully_masked": "zero"},
              {"name": "global", "operation": "attention", "query": "query_global", "key": "key_global",
               "value": "value_global", "heads": 2, "key_mask": "keys"},
              {"name": "y", "operation": "choose", "mask": "far_mask", "yes": "global", "no": "local"}]
    parameters = {key: value for key, value in module.state_dict().items()}
    return case("longformer", nodes, {"x": x, "seen_mask": seen, "far_mask": far}, {"y": y}, parameters)


def cases():
    return [pairs(), windows(Numbers(80)), choices(Numbers(81)), shifts(), longformer(Numbers(82))]
