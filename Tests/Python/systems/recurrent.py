"""RNN, LSTM and GRU of torch.nn: bare, as taggers (N to N), classifiers (N to 1) and generators (1 to N)."""

import json

import torch
from torch import nn

from . import System
from .proof import save

ROW = "RNN (Elman, Jordan), LSTM, GRU"
WORDS, BATCH, STEPS = 17, 3, 6


def numbers(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def ids(*shape, below=WORDS, seed=0):
    return torch.randint(0, below, shape, generator=torch.Generator().manual_seed(seed))


def bare(kind, **arguments):
    """A layer as torch makes it; its config is the arguments that it was made with."""
    arguments = {"input_size": 5, "hidden_size": 7, **arguments}

    def make(folder):
        shape = (BATCH, STEPS) if arguments.get("batch_first") else (STEPS, BATCH)
        save(folder, getattr(nn, kind)(**arguments), {"input": numbers(*shape, 5)}, arguments)
    return make


class Tagger(nn.Module):
    """An embedding, a recurrent layer, and a linear layer over every step or over one summary of them."""

    def __init__(self, kind, readout, **arguments):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, 5)
        self.rnn = getattr(nn, kind)(5, 7, batch_first=True, **arguments)
        width = (arguments.get("proj_size") or 7) * (2 if arguments.get("bidirectional") and readout != "hidden" else 1)
        self.fc = nn.Linear(width, 4)
        self.readout = readout

    def forward(self, input, lengths=None):
        embedded = self.embedding(input)
        if lengths is not None:
            embedded = nn.utils.rnn.pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        output, state = self.rnn(embedded)
        state = state[0] if isinstance(state, tuple) else state
        if lengths is not None:
            output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=input.shape[1])
        both = self.rnn.bidirectional
        return self.fc({"steps": output, "last": output[:, -1], "hidden": state[-1], "mean": output.mean(1),
                        "maximum": output.amax(1),
                        "state": torch.cat([state[-2], state[-1]], -1) if both else state[-1]}[self.readout])


def tagger(kind, readout, lengths=None, **arguments):
    def make(folder):
        inputs = {"input": ids(BATCH, STEPS)} | ({"lengths": torch.tensor(lengths)} if lengths else {})
        packed = {"nodes": ("embedding", "fc")} if lengths else {}
        save(folder, Tagger(kind, readout, **arguments), inputs, {"batch_first": True, "readout": readout}, **packed)
    return make


def own_names(folder):
    """A tagger whose modules nobody else calls so, and the family's file that says how."""
    torch.manual_seed(0)
    model = Tagger("GRU", "last", num_layers=2)

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.vectors, self.cells, self.classify = model.embedding, model.rnn, model.fc

        def forward(self, sentence):
            return self.classify(self.cells(self.vectors(sentence))[0][:, -1])

    names = {"layers": "cells.", "module": "cells", "embedding": "vectors", "head": "classify"}
    family = {"format": "crosswalk.family", "version": 1, "family": "mine", "extends": "recurrent",
              "dialects": {"pytorch": {"names": names}}}
    (folder / "mine.json").write_text(json.dumps(family))
    save(folder, Own(), {"sentence": ids(BATCH, STEPS)}, {"batch_first": True, "readout": "last"})


def system(name, make, **more):
    return System(ROW, name, make, **{"family": "recurrent", **more})


SYSTEMS = [
    system("RNN of tanh", bare("RNN", batch_first=True)),
    system("RNN of relu, three layers, bidirectional", bare("RNN", nonlinearity="relu", num_layers=3, bidirectional=True)),
    system("LSTM, stacked", bare("LSTM", num_layers=2, batch_first=True)),
    system("LSTM, projected, bidirectional", bare("LSTM", proj_size=3, num_layers=2, bidirectional=True, batch_first=True)),
    system("LSTM without biases", bare("LSTM", bias=False)),
    system("GRU, bidirectional", bare("GRU", num_layers=2, bidirectional=True)),
    system("N to N: LSTM tagger", tagger("LSTM", "steps", num_layers=2, bidirectional=True)),
    system("N to 1: GRU classifier on the last step", tagger("GRU", "last")),
    system("N to 1: LSTM classifier on both states", tagger("LSTM", "state", bidirectional=True)),
    system("N to 1: RNN classifier on the state, packed", tagger("RNN", "hidden", [6, 2, 4])),
    system("N to 1: modules of any name", own_names, family="mine", options=("--family", "{folder}/mine.json")),
    system("N to 1: GRU classifier on the mean", tagger("GRU", "mean", bidirectional=True)),
]
