"""Word vectors that gensim wrote, as a table that a model looks its words up in."""

import numpy as np
import torch
from gensim.models import KeyedVectors
from torch import nn

from crosswalk_recorder import record

from . import System
from .recurrent import ids

ROW = "prediction-based word embeddings"
WORDS, WIDTH = 50, 12
FORMS = {".w2v": {"binary": True}, ".vec": {"binary": False}, ".glove": {"binary": False, "no_header": True}}


def read(path):
    """The words and the vectors of a file, as gensim finds them."""
    keyed = KeyedVectors.load_word2vec_format(path, **FORMS[path.suffix])
    return {"words": np.array([ord(c) for c in "\n".join(keyed.index_to_key)]), "vectors": keyed.vectors}


class Lookup(nn.Module):
    def __init__(self, vectors):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(vectors)

    def forward(self, input_ids):
        return {"vectors": self.table(input_ids)}


def words(suffix):
    def make(folder):
        vectors = torch.randn(WORDS, WIDTH)
        keyed = KeyedVectors(WIDTH)
        keyed.add_vectors(["</s>", *(f"wörd_{i}" for i in range(1, WORDS))], vectors.numpy())
        keyed.save_word2vec_format(folder / f"model{suffix}", binary=suffix == ".w2v", write_header=suffix != ".glove")
        record(Lookup(vectors), {"input_ids": ids(3, 7, below=WORDS)}, folder / "fixture.h5", attention=False, nodes=())
    return make


SYSTEMS = [
    System(ROW, "word2vec, binary", words(".w2v"), "word-vectors"),
    System(ROW, "word2vec and fastText, text", words(".vec"), "word-vectors"),
    System(ROW, "GloVe, text", words(".glove"), "word-vectors"),
]
