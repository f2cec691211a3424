"""Systems written by hand in torch, whose tables stand in Examples/Systems as a user's own would."""

import json
import math

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm

from conftest import ROOT
from crosswalk_recorder.sensitive import fill

from . import System
from .proof import save
from .recurrent import ROW as RECURRENT
from .recurrent import ids, numbers

BATCH, STEPS, WIDTH = 3, 6, 12


def system(row, name, make, example):
    return System(row, name, make, example, ("--family", ROOT / f"Examples/Systems/{example}.json"))


# MARK: recurrent


class Jordan(nn.Module):
    def __init__(self):
        super().__init__()
        self.from_input, self.from_output, self.to_output = nn.Linear(5, 7), nn.Linear(4, 7), nn.Linear(7, 4)

    def forward(self, x):
        y, made = torch.zeros(len(x), 4), []
        for step in range(x.shape[1]):
            y = torch.tanh(self.to_output(torch.sigmoid(self.from_input(x[:, step]) + self.from_output(y))))
            made.append(y)
        return torch.stack(made, 1), y


def jordan(folder):
    save(folder, Jordan(), {"x": numbers(BATCH, STEPS, 5)}, nodes=())


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.cell, self.out = nn.Linear(6, 8), nn.GRUCell(5, 8), nn.Linear(8, 5)

    def forward(self, vector):
        state, x, made = torch.tanh(self.first(vector)), torch.zeros(len(vector), 5), []
        for _ in range(STEPS):
            state = self.cell(x, state)
            x = torch.tanh(self.out(state))
            made.append(x)
        return torch.stack(made, 1)


def generator(folder):
    save(folder, Generator(), {"vector": numbers(BATCH, 6)}, {"steps": STEPS}, nodes=("first",))


# MARK: convolutions


class Convolutions(nn.Module):
    def __init__(self, dilated, causal):
        super().__init__()
        self.dilated, self.causal = dilated, causal
        self.embedding = nn.Embedding(17, 8)
        self.convs = nn.ModuleList([
            nn.Conv1d(8 if i == 0 else 10, 10, 3, dilation=2 ** i if dilated else 1,
                      padding=0 if causal else 2 ** i if dilated else 1) for i in range(3)])
        self.fc = nn.Linear(10, 4)

    def forward(self, input):
        x = self.embedding(input).transpose(1, 2)
        for conv in self.convs:
            x = torch.relu(conv(nn.functional.pad(x, (2 * conv.dilation[0], 0)) if self.causal else x))
        return self.fc(x.transpose(1, 2))


def convolutions(**settings):
    def make(folder):
        save(folder, Convolutions(**settings), {"input": ids(BATCH, 9)}, settings,
             nodes=("embedding", "fc") + (() if settings["causal"] else ("convs.*",)))
    return make


# MARK: norms


class Branch(nn.Module):
    def __init__(self, norm, placement):
        super().__init__()
        made = {"layer_norm": lambda: nn.LayerNorm(WIDTH), "rms_norm": lambda: nn.RMSNorm(WIDTH, eps=1e-5),
                "batch_norm": lambda: nn.BatchNorm1d(WIDTH), "group_norm": lambda: nn.GroupNorm(3, WIDTH)}[norm]
        self.inner, self.outer, self.norm1 = nn.Linear(WIDTH, 20), nn.Linear(20, WIDTH), made()
        if placement == "sandwich":
            self.norm2 = made()
        self.placement, self.moved = placement, norm in ("batch_norm", "group_norm")
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.running_mean, module.running_var = numbers(WIDTH, seed=1) * 0.2, numbers(WIDTH, seed=2) ** 2 + 0.5

    def norm(self, norm, x):
        return norm(x.transpose(1, 2)).transpose(1, 2) if self.moved else norm(x)

    def forward(self, x):
        y = self.norm(self.norm1, x) if self.placement != "post" else x
        y = self.outer(nn.functional.gelu(self.inner(y)))
        if self.placement == "sandwich":
            y = self.norm(self.norm2, y)
        return self.norm(self.norm1, x + y) if self.placement == "post" else x + y


class Branches(nn.Module):
    def __init__(self, norm, placement):
        super().__init__()
        self.layers = nn.ModuleList([Branch(norm, placement) for _ in range(2)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def norms(norm, placement):
    def make(folder):
        config = {"norm": norm, "placement": placement, "groups": 3}
        nodes = ("layers.?", "*.inner", "*.outer") if norm in ("batch_norm", "group_norm") else ("*",)
        save(folder, Branches(norm, placement), {"x": numbers(BATCH, STEPS, WIDTH)}, config, nodes=nodes)
    return make


# MARK: the block of a GAN


class SelfAttention(nn.Module):
    def __init__(self, normalised):
        super().__init__()
        self.query_conv, self.key_conv = normalised(nn.Conv2d(16, 2, 1)), normalised(nn.Conv2d(16, 2, 1))
        self.value_conv = normalised(nn.Conv2d(16, 16, 1))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        batch, channels, width, height = x.shape
        query = self.query_conv(x).view(batch, -1, width * height).permute(0, 2, 1)
        table = torch.bmm(query, self.key_conv(x).view(batch, -1, width * height)).softmax(-1)
        value = self.value_conv(x).view(batch, -1, width * height)
        out = torch.bmm(value, table.permute(0, 2, 1)).view(batch, channels, width, height)
        return {"output": self.gamma * out + x, "attention_table": table[:, None]}


def gan(normalised):
    def make(folder):
        torch.manual_seed(0)
        model = fill(SelfAttention(normalised), 0).train()
        with torch.no_grad():
            for _ in range(3):  # each pass in training turns u and v towards the largest singular vectors
                model(numbers(2, 16, 3, 4, seed=1))
        save(folder, model.eval(), {"x": numbers(2, 16, 3, 4)}, filled=False, nodes=())
        as_attention(folder, "attention_table", "attention")
    return make


def as_attention(folder, output, name):
    """What the model returned as an output is a table of attention."""
    import h5py
    with h5py.File(folder / "fixture.h5", "r+") as file:
        for group in (file, file["float64"]):
            group.require_group("attention")
            group.move(f"outputs/{output}", f"attention/{name}")


# MARK: the Universal Transformer


class UniversalTransformer(nn.Module):
    """Adaptive halting as the paper's TensorFlow code has it, which stops at each place by itself."""

    def __init__(self, hops):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(WIDTH, 3, 20, batch_first=True)
        self.halt = nn.Linear(WIDTH, 1)
        self.hops, self.threshold = hops, 0.9

    def wave(self, length):
        half = WIDTH // 2
        rates = torch.exp(torch.arange(half).float() * -(math.log(10000) / (half - 1)))
        angles = torch.arange(length).float()[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], 1)

    def forward(self, x):
        state, previous = x, torch.zeros_like(x)
        halting, remainders, updates = (torch.zeros(x.shape[:2]) for _ in range(3))
        places, hops = self.wave(x.shape[1]), self.wave(self.hops)
        for hop in range(self.hops):
            state = state + places + hops[hop]
            p = torch.sigmoid(self.halt(state)).squeeze(-1)
            running = (halting < 1).to(x.dtype)
            halted = (halting + p * running > self.threshold).to(x.dtype) * running
            running = (halting + p * running <= self.threshold).to(x.dtype) * running
            halting = halting + p * running
            remainders = remainders + halted * (1 - halting)
            halting = halting + halted * remainders
            updates = updates + running + halted
            weights = (p * running + halted * remainders).unsqueeze(-1)
            state = self.layer(state)
            previous = state * weights + previous * (1 - weights)
        return {"output": previous, "remainders": remainders, "updates": updates}


def universal(folder):
    save(folder, UniversalTransformer(5), {"x": numbers(BATCH, STEPS, WIDTH)}, {"nhead": 3, "max_hops": 5}, attention=True)


# MARK: scores


class Scores(nn.Module):
    def __init__(self, score):
        super().__init__()
        self.score = score
        if score == "bilinear":
            self.weight = nn.Parameter(torch.zeros(WIDTH, 8))
        if score == "additive":
            self.vector, self.bias = nn.Parameter(torch.zeros(WIDTH)), nn.Parameter(torch.zeros(1))

    def forward(self, query, key, value, mask):
        if self.score == "additive":
            scores = torch.tanh(query[:, :, None] + key[:, None]) @ self.vector + self.bias
        elif self.score == "bilinear":
            scores = query @ self.weight @ key.mT
        elif self.score == "location":
            scores = query
        else:
            scores = query @ key.mT * (1 if self.score == "dot" else query.shape[-1] ** -0.5)
        table = scores.masked_fill(mask[:, None] == 0, -torch.inf).softmax(-1)
        return {"context": table @ value, "table": table[:, None]}


def scores(score):
    """The architecture, and weights that have its parameters' names, written by hand."""
    settings = {"dot": {"scale": 1}, "scaled dot": {}, "bilinear": {"score": "bilinear"}, "location": {"score": "location"},
                "additive": {"score": "additive", "score_weight": "vector", "score_bias": True}}[score]
    widths = {"query": 7 if score == "location" else WIDTH, "key": 8 if score == "bilinear" else WIDTH, "value": 5}
    lengths = {"query": 4, "key": 7, "value": 7}
    inputs = {role: {"dtype": "floating", "axes": ["batch", "queries" if role == "query" else "keys", width]}
              for role, width in widths.items()}
    architecture = {
        "inputs": inputs | {"mask": {"dtype": "mask", "axes": ["batch", "keys"]}},
        "nodes": [{"name": "visible", "operation": "attention_mask", "input": "mask", "nonzero": "visible"},
                  {"name": "attention", "operation": "attention", "query": "query", "key": "key", "value": "value",
                   "key_mask": "visible", "heads": 1, **settings}],
        "outputs": {"context": "attention"}}

    def make(folder):
        (folder / "architecture.json").write_text(json.dumps(architecture))
        model = fill(Scores(score), 0)
        mask = torch.ones(BATCH, 7, dtype=torch.int64)
        mask[0, 4:], mask[2, 1] = 0, 0
        given = {role: numbers(BATCH, lengths[role], width, seed=width + len(role)) for role, width in widths.items()}
        save(folder, model, given | {"mask": mask}, filled=False, nodes=())
        as_attention(folder, "table", "attention")
        names = {"weight": "attention.score.weight", "vector": "attention.score.weight", "bias": "attention.score.bias"}
        tensors = {names[name]: tensor.detach().clone() for name, tensor in model.named_parameters()}
        save_file(tensors or {}, folder / "model.safetensors", metadata={"format": "pt"})
    return make


# MARK: the lecture's example


class Lecture(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(4, 4), nn.Embedding(4, 4)
        self.token.weight.data = torch.tensor([[(r + c + 1) / 10 + 0.01 for c in range(4)] for r in range(4)])
        self.position.weight.data = torch.tensor([[(r + 1) / 100] * 4 for r in range(4)])

    def forward(self, ids):
        x = self.token(ids) + self.position.weight
        table = (x @ x.mT / 2).softmax(-1)
        return {"embedded": x, "context": table @ x, "table": table[:, None]}


def lecture(folder):
    save(folder, Lecture(), {"ids": torch.tensor([[0, 1, 2, 3], [2, 3, 0, 1]])}, filled=False, nodes=())
    as_attention(folder, "table", "attention")


CONVOLUTIONS = "stacked 1-D convolutions over a sequence"
NORMS = "layer norm, batch norm, RMS norm, group norm; pre, post and sandwich placement"
GAN = "self-attention GAN block"

SCORES = "the four attention scores"

SYSTEMS = [
    *(System(SCORES, score, scores(score), None, ("--family", "{folder}/architecture.json"))
      for score in ("dot", "scaled dot", "bilinear", "additive", "location")),
    system(RECURRENT, "Jordan", jordan, "jordan"),
    system(RECURRENT, "1 to N: GRU cell fed with what it makes", generator, "generator"),
    system(CONVOLUTIONS, "three layers", convolutions(dilated=False, causal=False), "convolutions"),
    system(CONVOLUTIONS, "dilated, causal", convolutions(dilated=True, causal=True), "convolutions"),
    *(system(NORMS, f"{norm}, {placement}", norms(norm, placement), "norms")
      for norm in ("layer_norm", "rms_norm", "batch_norm", "group_norm") for placement in ("pre", "post", "sandwich")),
    System(GAN, "spectral norm folded", gan(lambda conv: conv), "self-attention-gan"),
    System(GAN, "spectral norm by weight_orig", gan(spectral_norm), "self-attention-gan"),
    System(GAN, "spectral norm by parametrizations", gan(parametrizations.spectral_norm), "self-attention-gan"),
    system("Universal Transformer", "adaptive halting", universal, "universal-transformer"),
    system("the lecture notes' worked example", "four tokens", lecture, "lecture"),
]
