"""Models whose attention does not see all: BigBird and Reformer."""

import torch

from . import Case, VOCABULARY, heads, tokens

BIRD = dict(vocab_size=VOCABULARY, hidden_size=30, intermediate_size=44, num_hidden_layers=2, num_attention_heads=5,
            max_position_embeddings=64, layer_norm_eps=1e-3, num_labels=3, block_size=4, num_random_blocks=1)


REFORMER = dict(vocab_size=VOCABULARY, hidden_size=30, attention_head_size=6, num_attention_heads=5, feed_forward_size=44,
                attn_layers=["lsh", "local", "lsh"], axial_pos_shape=(6, 8), axial_pos_embds_dim=(10, 20), num_labels=3,
                lsh_attn_chunk_length=4, local_attn_chunk_length=4, num_buckets=4, num_hashes=2, hash_seed=7,
                layer_norm_eps=1e-3, max_position_embeddings=48)


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


BIRDS = [
    Case("big_bird", "BigBirdConfig",
         heads("BigBird", "Model", "ForMaskedLM", "ForPreTraining", "ForSequenceClassification", "ForTokenClassification"),
         {**BIRD, "rescale_embeddings": True, "use_bias": False}, inputs=long(32)),
    Case("big_bird", "BigBirdConfig", heads("BigBird", "ForMultipleChoice"), BIRD, name="big_bird-choices", inputs=choices),
    Case("big_bird", "BigBirdConfig", heads("BigBird", "Model", "ForMaskedLM"),
         {**BIRD, "num_random_blocks": 2, "block_size": 3, "hidden_act": "relu"}, name="big_bird-random", inputs=long(42, 9)),
    Case("big_bird", "BigBirdConfig", heads("BigBird", "Model"), {**BIRD, "attention_type": "original_full"},
         name="big_bird-full", inputs=tokens),
]

REFORMERS = [
    Case("reformer", "ReformerConfig",
         heads("Reformer", "Model", "ForMaskedLM", "ForSequenceClassification"), REFORMER, inputs=long(32)),
    Case("reformer", "ReformerConfig", heads("Reformer", "ForQuestionAnswering"), {**REFORMER, "num_labels": 2},
         name="reformer-answers", inputs=long(32)),
    Case("reformer", "ReformerConfig", heads("Reformer", "Model", "ModelWithLMHead"), {
        **REFORMER, "is_decoder": True, "axial_pos_embds": False, "num_buckets": [2, 4], "hidden_act": "gelu"},
        name="reformer-decoder", inputs=long(32, 0)),
    Case("reformer", "ReformerConfig", heads("Reformer", "Model"), {
        **REFORMER, "local_num_chunks_after": 1, "lsh_num_chunks_after": 1, "num_buckets": None}, name="reformer-around", inputs=long(40, 7)),
    Case("reformer", "ReformerConfig", heads("Reformer", "Model"), REFORMER, name="reformer-short", inputs=long(4, 1)),
]

CASES = [*BIRDS, *REFORMERS]
