"""Models that transformers had in its fourth version and has no more: relative positions of BERT and its kin, and Transformer-XL.

Needs transformers 4.49 (requirements-tensorflow.txt). Of two models the modules are recorded too.
"""

from unittest import mock

import torch
import transformers
from transformers import AlbertConfig, BertConfig, ElectraConfig, RobertaConfig, TransfoXLConfig

from crosswalk_recorder import record
from crosswalk_recorder.pytorch import load

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
    record(load(folder, class_name), inputs, folder / "fixture.h5", nodes=nodes, details=False)
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


TRANSFO = dict(vocab_size=30, d_model=12, d_embed=12, n_head=3, d_head=5, d_inner=10, n_layer=2, mem_len=5, clamp_len=8, cutoffs=[6, 14],
               div_val=2)


def as_type(tensor, other=None, dtype=None):
    """Of 4.49 itself, which calls type_as with the name of a dtype, for which torch has no argument."""
    return tensor.to(dtype if dtype is not None else other.dtype)


def transfo_xl(folder):
    """Transformer-XL: rarer words in narrower tables, a memory that begins with zeros, and one that is given."""
    ids = {"input_ids": tokens()["input_ids"]}
    given = torch.randn(2, 3, 2, 12, generator=torch.Generator().manual_seed(3))
    with mock.patch.object(torch.Tensor, "type_as", as_type):
        save(folder / "transfo-xl", "TransfoXLLMHeadModel", TransfoXLConfig(**TRANSFO), ids, nodes=("*",))
        save(folder / "transfo-xl-given", "TransfoXLModel", TransfoXLConfig(**TRANSFO | dict(pre_lnorm=True, clamp_len=3)), ids | {"mems": given},
             nodes=("*",))
        save(folder / "transfo-xl-untied", "TransfoXLLMHeadModel", TransfoXLConfig(**TRANSFO | dict(
            proj_share_all_but_first=False, tie_word_embeddings=False, same_length=False, mem_len=0)), ids)
        save(folder / "transfo-xl-even", "TransfoXLLMHeadModel", TransfoXLConfig(**TRANSFO | dict(div_val=1, d_embed=8)), ids)
        save(folder / "transfo-xl-last", "TransfoXLForSequenceClassification", TransfoXLConfig(**TRANSFO | dict(
            div_val=1, cutoffs=[], pad_token_id=0, num_labels=3)), ids)


def make(folder):
    for recipe in (relative, transfo_xl):
        recipe(folder)
