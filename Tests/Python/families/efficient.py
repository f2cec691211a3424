"""Models whose attention does not see all: BigBird and Reformer."""

import torch

from . import Case, VOCABULARY, heads, tokens

BIRD = dict(vocab_size=VOCABULARY, hidden_size=30, intermediate_size=44, num_hidden_layers=2, num_attention_heads=5,
            max_position_embeddings=64, layer_norm_eps=1e-3, num_labels=3, block_size=4, num_random_blocks=1)


def long(length, padded=5):
    """Two rows of so many ids, the second padded."""
    def inputs(model, seed=0):
        generator = torch.Generator().manual_seed(seed)
        ids = torch.randint(4, VOCABULARY - 1, (2, length), generator=generator)
        mask = torch.ones(2, length, dtype=torch.int64)
        mask[1, length - padded:], ids[1, length - padded:] = 0, 0
        return {"input_ids": ids, "attention_mask": mask}
    return inputs


def choices(model, seed=0):
    ids = torch.stack([long(32)(model, seed + k)["input_ids"] for k in range(3)], 1)
    mask = torch.ones_like(ids)
    mask[:, 2, -6:] = 0
    return {"input_ids": ids, "attention_mask": mask}


CASES = [
    Case("big_bird", "BigBirdConfig",
         heads("BigBird", "Model", "ForMaskedLM", "ForPreTraining", "ForSequenceClassification", "ForTokenClassification"),
         {**BIRD, "rescale_embeddings": True, "use_bias": False}, inputs=long(32)),
    Case("big_bird", "BigBirdConfig", heads("BigBird", "ForMultipleChoice"), BIRD, name="big_bird-choices", inputs=choices),
    Case("big_bird", "BigBirdConfig", heads("BigBird", "Model", "ForMaskedLM"),
         {**BIRD, "num_random_blocks": 2, "block_size": 3, "hidden_act": "relu"}, name="big_bird-random", inputs=long(42, 9)),
    Case("big_bird", "BigBirdConfig", heads("BigBird", "Model"), {**BIRD, "attention_type": "original_full"},
         name="big_bird-full", inputs=tokens),
]
