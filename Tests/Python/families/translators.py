"""Encoder-decoders."""

import inspect

import torch

from . import TOKENS, VOCABULARY, Case, heads, sequences, tokens

SMALL = dict(vocab_size=VOCABULARY, d_model=30, encoder_layers=2, decoder_layers=3, encoder_attention_heads=5,
             decoder_attention_heads=3, encoder_ffn_dim=44, decoder_ffn_dim=52, max_position_embeddings=40,
             pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2)
HEADS = ["Model", "ForConditionalGeneration", "ForQuestionAnswering"]


def padded(model, seed=0):
    """Ids for both stacks, both padded; for an encoder alone, its own."""
    inputs = sequences(model, seed)
    if "decoder_input_ids" not in inspect.signature(model.forward).parameters:
        return tokens(model, seed)
    mask = torch.ones_like(inputs["decoder_input_ids"])
    mask[0, -2:] = 0
    return {**inputs, "decoder_attention_mask": mask}


def spectrograms(model, seed=0):
    """Spectrograms, and ids for a decoder where there is one; for a decoder alone, ids."""
    taken = inspect.signature(model.forward).parameters
    if "input_features" not in taken:
        return tokens(model, seed)
    generator = torch.Generator().manual_seed(seed)
    shape = 2, model.config.num_mel_bins, 2 * model.config.max_source_positions
    features = {"input_features": torch.randn(shape, generator=generator)}
    if "decoder_input_ids" in taken:
        features["decoder_input_ids"] = sequences(model, seed)["decoder_input_ids"]
    return features


def ended(model, seed=0):
    """Ids of equal length for both stacks, with the end of a sentence in each row where the other has none."""
    inputs = tokens(model, seed)
    inputs["input_ids"][0, TOKENS - 1] = inputs["input_ids"][1, TOKENS - 5] = model.config.eos_token_id
    return {**inputs, "decoder_input_ids": inputs["input_ids"].flip(1)}


def biased(model):
    """Final biases other than the zeros that they are made with."""
    if hasattr(model, "final_logits_bias"):
        model.final_logits_bias.normal_()


def calm(model):
    """Queries as small as T5 makes them, whose attention has no scale of its own; and small outputs of gates."""
    for name, parameter in model.named_parameters():
        if name.endswith(("Attention.q.weight", "DenseReluDense.wo.weight")):
            parameter.data.mul_(model.config.d_kv ** -0.5)


def headed(model):
    """Predictions by a table of their own, as in the published files of T5 1.1."""
    calm(model)
    model.lm_head.weight = torch.nn.Parameter(0.2 * torch.randn(model.lm_head.weight.shape))


MARIAN = {**SMALL, "d_model": 18, "encoder_attention_heads": 3, "activation_function": "swish", "scale_embedding": True}
T5 = dict(vocab_size=VOCABULARY, d_model=28, d_kv=6, d_ff=44, num_layers=2, num_decoder_layers=3, num_heads=5,
          relative_attention_num_buckets=8, relative_attention_max_distance=9, layer_norm_epsilon=1e-3, pad_token_id=0,
          eos_token_id=2, decoder_start_token_id=0)
WHISPER = {**SMALL, "num_mel_bins": 7, "max_source_positions": 9, "max_target_positions": 40, "activation_function": "silu",
           "scale_embedding": True, "classifier_proj_size": 11, "num_labels": 3, "suppress_tokens": None,
           "begin_suppress_tokens": None}
del WHISPER["max_position_embeddings"]

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
    *(Case(f"{name.lower()}", f"{name}Config", heads(name, "Model", "EncoderModel", "ForConditionalGeneration", "ForQuestionAnswering",
                                                     "ForTokenClassification"), {**T5, **settings}, inputs=padded, change=calm, name=label)
      for name, label, settings in [
          ("T5", "t5", {}),
          ("T5", "t5-gated", {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}),
          ("MT5", "mt5", {}),
          ("UMT5", "umt5", {"feed_forward_proj": "gated-silu"})]),
    *(Case(name.lower(), f"{name}Config", [f"{name}ForSequenceClassification"], {**T5, "num_labels": 5}, inputs=ended,
           change=calm, name=f"{name.lower()}-classification") for name in ["T5", "MT5", "UMT5"]),
    Case("t5", "T5Config", ["T5ForConditionalGeneration"], inputs=sequences, name="t5-own-head", change=headed,
         settings={**T5, "feed_forward_proj": "gated-silu", "tie_word_embeddings": False}),
    Case("m2m_100", "M2M100Config", heads("M2M100", "Model", "ForConditionalGeneration"), {**SMALL, "d_model": 60}, inputs=padded),
    Case("bart", "BartConfig", heads("Bart", *HEADS), SMALL, name="bart-shifted"),
    Case("mbart", "MBartConfig", heads("MBart", *HEADS), SMALL, name="mbart-shifted"),
    Case("t5", "T5Config", ["T5ForQuestionAnswering"], T5, name="t5-shifted", change=calm),
    Case("whisper", "WhisperConfig", heads("Whisper", "Model", "ForConditionalGeneration", "ForCausalLM", "ForAudioClassification"),
         WHISPER, inputs=spectrograms),
    Case("whisper", "WhisperConfig", ["WhisperForConditionalGeneration"], {**WHISPER, "tie_word_embeddings": False},
         name="whisper-untied", inputs=spectrograms),
    Case("m2m_100", "M2M100Config", ["M2M100Model"], {**SMALL, "d_model": 15}, name="m2m_100-odd", inputs=sequences),
]
