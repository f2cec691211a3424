"""Encoder-decoders."""

import torch

from . import TOKENS, VOCABULARY, Case, heads, sequences, tokens

SMALL = dict(vocab_size=VOCABULARY, d_model=30, encoder_layers=2, decoder_layers=3, encoder_attention_heads=5,
             decoder_attention_heads=3, encoder_ffn_dim=44, decoder_ffn_dim=52, max_position_embeddings=40,
             pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2)
HEADS = ["Model", "ForConditionalGeneration", "ForQuestionAnswering"]


def padded(model, seed=0):
    """Ids for both stacks, both padded."""
    inputs = sequences(model, seed)
    mask = torch.ones_like(inputs["decoder_input_ids"])
    mask[0, -2:] = 0
    return {**inputs, "decoder_attention_mask": mask}


def ended(model, seed=0):
    """Ids of equal length for both stacks, with the end of a sentence in each row where the other has none."""
    inputs = tokens(model, seed)
    inputs["input_ids"][0, TOKENS - 1] = inputs["input_ids"][1, TOKENS - 5] = model.config.eos_token_id
    return {**inputs, "decoder_input_ids": inputs["input_ids"].flip(1)}


def biased(model):
    """Final biases other than the zeros that they are made with."""
    if hasattr(model, "final_logits_bias"):
        model.final_logits_bias.normal_()


MARIAN = {**SMALL, "d_model": 18, "encoder_attention_heads": 3, "activation_function": "swish", "scale_embedding": True}

CASES = [
    Case("bart", "BartConfig", heads("Bart", *HEADS), SMALL, inputs=padded, change=biased),
    Case("bart", "BartConfig", ["BartForSequenceClassification"], {**SMALL, "scale_embedding": True, "num_labels": 5},
         name="bart-classification", inputs=ended),
    Case("bart", "BartConfig", ["BartForCausalLM"], {**SMALL, "activation_function": "relu"}, name="bart-decoder"),
    Case("bart", "BartConfig", heads("Bart", *HEADS), {**SMALL, "tie_word_embeddings": False}, name="bart-untied",
         inputs=sequences),
    Case("mbart", "MBartConfig", heads("MBart", *HEADS), {**SMALL, "scale_embedding": True}, inputs=padded, change=biased),
    Case("mbart", "MBartConfig", ["MBartForSequenceClassification"], SMALL, name="mbart-classification", inputs=ended),
    Case("mbart", "MBartConfig", ["MBartForCausalLM"], SMALL, name="mbart-decoder"),
    Case("marian", "MarianConfig", heads("Marian", "Model", "MTModel"), MARIAN, inputs=padded, change=biased),
    Case("marian", "MarianConfig", heads("Marian", "Model", "MTModel"), name="marian-own-tables", inputs=sequences, change=biased,
         settings={**MARIAN, "share_encoder_decoder_embeddings": False, "decoder_vocab_size": 70}),
    Case("marian", "MarianConfig", ["MarianMTModel"], {**MARIAN, "tie_word_embeddings": False}, name="marian-untied",
         inputs=sequences),
    Case("marian", "MarianConfig", ["MarianForCausalLM"], MARIAN, name="marian-decoder"),
    Case("pegasus", "PegasusConfig", heads("Pegasus", "Model", "ForConditionalGeneration"), {**SMALL, "pad_token_id": 0},
         inputs=padded, change=biased),
    Case("pegasus", "PegasusConfig", ["PegasusForCausalLM"], {**MARIAN, "activation_function": "relu"}, name="pegasus-decoder"),
    Case("blenderbot", "BlenderbotConfig", heads("Blenderbot", "Model", "ForConditionalGeneration"),
         {**SMALL, "scale_embedding": True}, inputs=padded, change=biased),
    Case("blenderbot", "BlenderbotConfig", ["BlenderbotForCausalLM"], SMALL, name="blenderbot-decoder"),
    Case("blenderbot-small", "BlenderbotSmallConfig", heads("BlenderbotSmall", "Model", "ForConditionalGeneration"),
         {**SMALL, "scale_embedding": True}, inputs=padded, change=biased),
    Case("blenderbot-small", "BlenderbotSmallConfig", ["BlenderbotSmallForCausalLM"], SMALL, name="blenderbot-small-decoder"),
]
