"""Encoders with decoders."""

from keras_hub.src.utils.keras_utils import gelu_approximate

from . import FRAMES, TOKENS, VOCABULARY, Case

SMALL = {"vocabulary_size": VOCABULARY, "num_layers": 3, "num_heads": 2, "hidden_dim": 12, "intermediate_dim": 20}
BASIC = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "decoder_start_token_id": 0}

CASES = [
    Case("bart", "BartBackbone", {**SMALL, "max_sequence_length": TOKENS + 3}, {"BartSeq2SeqLM": ({}, "BartForConditionalGeneration")},
         "BartModel", "BartConfig",
         {**BASIC, "vocab_size": VOCABULARY, "d_model": 18, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 14,
          "decoder_ffn_dim": 14, "encoder_attention_heads": 3, "decoder_attention_heads": 3,
          "max_position_embeddings": TOKENS + 5, "forced_eos_token_id": None}, ("BartModel", "BartForConditionalGeneration")),
    Case("t5", "T5Backbone", {**SMALL, "key_value_dim": 8, "activation": "relu", "use_gated_activation": False,
                              "layer_norm_epsilon": 1e-4},
         {"T5Seq2SeqLM": ({}, "T5ForConditionalGeneration")}, "T5Model", "T5Config",
         {**BASIC, "vocab_size": VOCABULARY, "d_model": 18, "d_kv": 10, "d_ff": 14, "num_layers": 2, "num_heads": 3,
          "feed_forward_proj": "relu"}, ("T5Model", "T5ForConditionalGeneration")),
    Case("t5", "T5Backbone", {**SMALL, "activation": gelu_approximate, "tie_embedding_weights": False},
         {"T5Seq2SeqLM": ({}, "T5ForConditionalGeneration")}, "T5Model", "T5Config",
         {**BASIC, "vocab_size": VOCABULARY, "d_model": 18, "d_kv": 10, "d_ff": 14, "num_layers": 2, "num_heads": 3,
          "feed_forward_proj": "gated-silu", "tie_word_embeddings": False},
         ("T5Model",), name="t5-gated"),
    Case("whisper", "WhisperBackbone",
         {**SMALL, "num_mels": 6, "max_encoder_sequence_length": FRAMES, "max_decoder_sequence_length": TOKENS + 3}, {},
         "WhisperModel", "WhisperConfig",
         {**BASIC, "vocab_size": VOCABULARY, "d_model": 18, "encoder_layers": 2, "decoder_layers": 2, "encoder_ffn_dim": 14,
          "decoder_ffn_dim": 14, "encoder_attention_heads": 3, "decoder_attention_heads": 3, "num_mel_bins": 5,
          "max_source_positions": FRAMES // 2, "max_target_positions": TOKENS + 5}, ("WhisperModel",)),
]
