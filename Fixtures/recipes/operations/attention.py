"""attention: windows, bounded scores, sinks."""

from unittest import mock

import torch
from transformers.models.gemma2 import modeling_gemma2 as gemma2
from transformers.models.gpt_oss import modeling_gpt_oss as gpt_oss

from .case import Numbers, case, packed


class Settings(torch.nn.Module):
    """What transformers' attention functions ask of the module that calls them."""

    def __init__(self, heads, groups, sinks=None):
        super().__init__()
        self.num_key_value_groups, self.head_dim = heads // groups, None
        self.sinks = sinks
        self.eval()


def visible(queries, keys, before, after):
    own = torch.arange(queries)[:, None] + keys - queries
    key = torch.arange(keys)[None]
    return (key >= own - (keys if before is None else before)) & (key <= own + (keys if after is None else after))


def one(name, seed, queries=7, keys=7, heads=4, groups=2, before=None, after=None, cap=None, sinks=False, scale=0.5):
    numbers = Numbers(seed)
    query, key, value = numbers(2, queries, heads * 4), numbers(2, keys, groups * 4), numbers(2, keys, groups * 4)
    sink = numbers(heads) if sinks else None
    hidden = ~visible(queries, keys, before, after)
    mask = torch.zeros(1, 1, queries, keys).double().masked_fill(hidden, torch.finfo(torch.float64).min)
    q, k, v = (x.reshape(2, x.shape[1], -1, 4).transpose(1, 2) for x in (query, key, value))
    module = Settings(heads, groups, sink)
    if sinks:
        y, table = gpt_oss.eager_attention_forward(module, q, k, v, mask, scale)
    else:
        # It rounds its softmax to float32, whatever the rest is.
        with mock.patch.object(torch.nn.functional, "softmax", lambda x, dim, dtype: torch.softmax(x, dim)):
            y, table = gemma2.eager_attention_forward(module, q, k, v, mask, scaling=scale, softcap=cap)
    given = {"before": before, "after": after, "soft_cap": cap, "sinks": sinks or None, "scale": scale}
    node = {"name": "y", "operation": "attention", "query": "query", "key": "key", "value": "value", "heads": heads,
            "key_value_heads": groups} | {key: value for key, value in given.items() if value is not None}
    made = case(name, [node], {"query": query, "key": key, "value": value}, {"y": y.flatten(2)},
                {"y.sinks": sink} if sinks else None)
    return made | {"attention": packed({"y": table})}


def cases():
    return [
        one("a window before", 1, before=2, after=0),
        one("a window of one", 2, before=0, after=0),
        one("a window around", 3, before=1, after=2),
        one("all before, one after", 4, after=1),
        one("fewer queries than keys", 5, queries=3, before=2, after=0),
        one("more queries than keys", 6, keys=4, before=2, after=1),
        one("bounded scores", 7, cap=1.5),
        one("bounded scores in a window", 8, cap=0.75, before=3, after=0),
        one("sinks", 9, sinks=True),
        one("sinks in a window", 10, sinks=True, before=2, after=0),
    ]
