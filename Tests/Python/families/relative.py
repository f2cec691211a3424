"""XLNet, whose positions are relative and whose layers remember."""

import torch

from . import Case, TOKENS, VOCABULARY, heads, tokens

XLNET = dict(vocab_size=VOCABULARY, d_model=30, n_layer=3, n_head=5, d_inner=44, layer_norm_eps=1e-3, num_labels=3)


def segments(model, seed=0):
    """Padded tokens of two segments."""
    inputs = tokens(model, seed)
    return {**inputs, "token_type_ids": (torch.arange(TOKENS) > 4).long().expand(2, TOKENS)}


def remembered(model, seed=0):
    """Segments, and what stood before them: five states of each layer."""
    generator = torch.Generator().manual_seed(seed)
    config = model.config
    return {**segments(model, seed), "mems": torch.randn(config.n_layer, 5, 2, config.d_model, generator=generator)}


def permuted(model, seed=0):
    """Tokens that see one another in another order than they stand in, and padding as the first implementation says it."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.rand(2, TOKENS, generator=generator)
    inputs = segments(model, seed)
    return {"input_ids": inputs["input_ids"], "token_type_ids": inputs["token_type_ids"],
            "input_mask": 1.0 - inputs["attention_mask"], "perm_mask": (order[:, :, None] < order[:, None]).float()}


def alone(given):
    """Without a mask: a model that looks one way takes none in a batch."""
    return lambda model, seed=0: {name: value for name, value in given(model, seed).items() if name != "attention_mask"}


def choices(model, seed=0):
    ids = torch.stack([tokens(model, seed + k)["input_ids"] for k in range(3)], 1)
    mask = torch.ones_like(ids)
    mask[:, 2, -4:] = 0
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": (ids % 2 == 0).long()}


XLNETS = [
    Case("xlnet", "XLNetConfig", heads("XLNet", "Model", "LMHeadModel", "ForSequenceClassification", "ForTokenClassification"), XLNET,
         inputs=segments),
    Case("xlnet", "XLNetConfig", heads("XLNet", "ForQuestionAnsweringSimple"), {**XLNET, "num_labels": 2, "ff_activation": "relu"},
         name="xlnet-answers", inputs=permuted),
    Case("xlnet", "XLNetConfig", heads("XLNet", "ForMultipleChoice"), {**XLNET, "summary_type": "mean", "summary_activation": "relu"},
         name="xlnet-choices", inputs=choices),
    Case("xlnet", "XLNetConfig", heads("XLNet", "Model"), {**XLNET, "mem_len": 7, "clamp_len": 6, "bi_data": True},
         name="xlnet-memory", inputs=remembered),
    Case("xlnet", "XLNetConfig", heads("XLNet", "LMHeadModel"), {
        **XLNET, "attn_type": "uni", "same_length": True, "mem_len": None, "d_head": 6, "tie_word_embeddings": False},
        name="xlnet-one-way", inputs=alone(remembered)),
    Case("xlnet", "XLNetConfig", heads("XLNet", "ForSequenceClassification"), {
        **XLNET, "attn_type": "uni", "use_mems_eval": False, "summary_type": "first", "summary_use_proj": False}, name="xlnet-first",
        inputs=alone(segments)),
]

CASES = XLNETS
