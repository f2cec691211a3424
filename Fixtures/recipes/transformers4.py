"""Models that transformers had in its fourth version and has no more: relative positions of BERT and its kin, and Transformer-XL.

Needs transformers 4.49 (requirements-tensorflow.txt). Of two models the modules are recorded too.
"""

import torch
import transformers
from transformers import AlbertConfig, BertConfig, ElectraConfig, RobertaConfig

from record import load, record

from .packages import fill

LENGTH = 7
BERT = dict(vocab_size=30, hidden_size=12, intermediate_size=10, num_hidden_layers=2, num_attention_heads=3, layer_norm_eps=1e-3,
            max_position_embeddings=9, num_labels=3, attn_implementation="eager")


def tokens(seed=1, length=LENGTH, padding=0):
    """Two rows of ids, the second padded."""
    ids = torch.randint(4, 29, (2, length), generator=torch.Generator().manual_seed(seed))
    mask = torch.ones_like(ids)
    mask[1, -2:], ids[1, -2:] = 0, padding
    return {"input_ids": ids, "attention_mask": mask}


def save(folder, class_name, config, inputs, seed=7, nodes=()):
    """A model of a class, filled with random numbers, and what it computes, as save_pretrained left it."""
    torch.manual_seed(seed)
    model = fill(getattr(transformers, class_name)._from_config(config, attn_implementation="eager"), seed)
    model.save_pretrained(folder)
    record(load(folder, class_name), inputs, folder / "fixture.h5", nodes=nodes)
    (folder / "generation_config.json").unlink(missing_ok=True)


def relative(folder):
    """relative_key and relative_key_query: scores by distance learned in each layer (Shaw 2018, Huang 2020)."""
    source = torch.randn(2, 4, 12, generator=torch.Generator().manual_seed(2))
    encoded = {"encoder_hidden_states": source, "encoder_attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])}
    key, both = {"position_embedding_type": "relative_key"}, {"position_embedding_type": "relative_key_query"}
    decoder = {"is_decoder": True, "add_cross_attention": True}
    save(folder / "bert-relative-key", "BertModel", BertConfig(**BERT, **key), tokens(), nodes=("*",))
    save(folder / "bert-relative-key-query", "BertForMaskedLM", BertConfig(**BERT, **both), tokens())
    save(folder / "bert-relative-decoder", "BertLMHeadModel", BertConfig(**BERT, **both, **decoder), tokens() | encoded, nodes=("*",))
    save(folder / "roberta-relative-key", "RobertaForSequenceClassification", RobertaConfig(**BERT, **key, pad_token_id=1), tokens(padding=1))
    save(folder / "electra-relative-key-query", "ElectraModel", ElectraConfig(**BERT, **both, embedding_size=8), tokens())
    save(folder / "albert-relative-key", "AlbertModel", AlbertConfig(**BERT, **key, embedding_size=8), tokens())


def make(folder):
    for recipe in (relative,):
        recipe(folder)
