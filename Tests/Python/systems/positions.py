"""Relative positions: learned for distances, and Transformer-XL's; by torch, transformers, and transformers 4 as recorded."""

import torch
from torch import nn

from conftest import ROOT
from families import relative
from families.proof import make as make_family

from . import System
from .packages import recorded
from .proof import save
from .recurrent import ids

ROW = "Shaw's relative keys and values, Transformer-XL's relative positions"
RECORDED = ROOT / "Fixtures/transformers4"


class Attention(nn.Module):
    """Shaw's, with a row for every pair, as the paper writes it."""

    def __init__(self, width, heads, reach, causal):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.relative_keys, self.relative_values = (nn.Parameter(torch.zeros(2 * reach + 1, width // heads)) for _ in range(2))
        self.heads, self.reach, self.causal = heads, reach, causal

    def forward(self, x):
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value))
        place = torch.arange(x.shape[1])
        rows = (place[None] - place[:, None]).clamp(-self.reach, self.reach) + self.reach
        scores = q @ k.mT + torch.einsum("bhid,ijd->bhij", q, self.relative_keys[rows])
        scores = scores * q.shape[-1] ** -0.5
        if self.causal:
            scores = scores.masked_fill(torch.ones_like(rows).triu(1).bool(), -torch.inf)
        table = scores.softmax(-1)
        read = table @ v + torch.einsum("bhij,ijd->bhid", table, self.relative_values[rows])
        return self.output(read.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, width, **settings):
        super().__init__()
        self.attention = Attention(width, **settings)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.inner, self.outer = nn.Linear(width, 20), nn.Linear(20, width)

    def forward(self, x):
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.outer(torch.relu(self.inner(x))))


class Shaw(nn.Module):
    def __init__(self, **settings):
        super().__init__()
        self.embedding = nn.Embedding(17, 12)
        self.layers = nn.ModuleList([Layer(12, **settings) for _ in range(2)])

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        return x


def shaw(causal):
    def make(folder):
        save(folder, Shaw(heads=3, reach=2, causal=causal), {"ids": ids(3, 9)}, {"causal": causal}, attention=True)
    return make


SYSTEMS = [
    *(System(ROW, f"Shaw, {name}", shaw(name == "causal"), "shaw", ("--family", ROOT / "Examples/Systems/shaw.json"))
      for name in ("all", "causal")),
    *(System(ROW, f"transformers 4: {path.name}", recorded(path), "transfo-xl" if path.name.startswith("transfo-xl") else path.name.partition("-")[0])
      for path in sorted(RECORDED.iterdir())),
    *(System(ROW, f"transformers: {case.label} {case.classes[0]}", lambda folder, case=case: make_family(case, case.classes[0], folder),
             case.family) for case in relative.CASES if case.label in ("xlnet", "xlnet-memory")),
]
