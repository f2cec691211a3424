"""Decoders."""

from . import TOKENS, VOCABULARY, Case

SMALL = {"vocabulary_size": VOCABULARY, "num_layers": 3, "num_heads": 2, "hidden_dim": 12, "intermediate_dim": 20,
         "max_sequence_length": TOKENS + 3}
GROUPED = {"vocabulary_size": VOCABULARY, "num_layers": 3, "num_query_heads": 4, "num_key_value_heads": 2,
           "hidden_dim": 24, "intermediate_dim": 20, "layer_norm_epsilon": 1e-4, "rope_max_wavelength": 500}
GEMMA = {"vocabulary_size": VOCABULARY, "num_layers": 3, "num_query_heads": 4, "num_key_value_heads": 2, "hidden_dim": 24,
         "intermediate_dim": 20, "head_dim": 8}
THEIRS = {"vocab_size": VOCABULARY, "num_hidden_layers": 3, "num_attention_heads": 3, "hidden_size": 18,
          "intermediate_size": 14, "max_position_embeddings": TOKENS + 5}
BASIC = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
LLAMA = {**THEIRS, **BASIC, "hidden_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-4,
         "rope_theta": 700.0}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 8, "rope_theta": 700.0}



CASES = [
    Case("gpt2", "GPT2Backbone", SMALL, {"GPT2CausalLM": ({}, "GPT2LMHeadModel")}, "GPT2Model", "GPT2Config",
         {"vocab_size": VOCABULARY, "n_layer": 3, "n_head": 3, "n_embd": 18, "n_inner": 22, "n_positions": TOKENS + 2,
          **BASIC}, ("GPT2Model", "GPT2LMHeadModel")),
    Case("llama", "LlamaBackbone", GROUPED,
         {"LlamaCausalLM": ({}, "LlamaForCausalLM")}, "LlamaModel", "LlamaConfig", LLAMA,
         ("LlamaModel", "LlamaForCausalLM")),
    Case("llama", "Llama3Backbone",
         {**GROUPED, "rope_frequency_adjustment_factor": 8.0, "rope_low_freq_factor": 1.0, "rope_high_freq_factor": 4.0,
          "rope_pretraining_sequence_length": 8},
         {"Llama3CausalLM": ({}, "LlamaForCausalLM")}, "LlamaModel", "LlamaConfig",
         {**LLAMA, "tie_word_embeddings": True, "rope_parameters": LLAMA3}, ("LlamaForCausalLM",), name="llama3"),
    Case("mistral", "MistralBackbone", {**GROUPED, "sliding_window": 4, "head_dim": 8, "rope_scaling_factor": 2.0},
         {"MistralCausalLM": ({}, "MistralForCausalLM")}, "MistralModel", "MistralConfig",
         {**LLAMA, "sliding_window": 5, "head_dim": 10}, ("MistralModel", "MistralForCausalLM")),
    Case("mixtral", "MixtralBackbone", {**GROUPED, "sliding_window": 4, "num_experts": 3, "top_k": 2},
         {"MixtralCausalLM": ({}, "MixtralForCausalLM")}, "MixtralModel", "MixtralConfig",
         {**LLAMA, "sliding_window": None, "intermediate_size": 16, "num_local_experts": 4, "num_experts_per_tok": 3},
         ("MixtralModel", "MixtralForCausalLM")),
    Case("qwen2", "QwenBackbone", GROUPED,
         {"QwenCausalLM": ({}, "Qwen2ForCausalLM")}, "Qwen2Model", "Qwen2Config",
         {**LLAMA, "use_sliding_window": False, "tie_word_embeddings": False}, ("Qwen2Model", "Qwen2ForCausalLM")),
    Case("qwen3", "Qwen3Backbone", {**GROUPED, "head_dim": 10, "sliding_window_size": None, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": False},
         {"Qwen3CausalLM": ({}, "Qwen3ForCausalLM")}, "Qwen3Model", "Qwen3Config",
         {**LLAMA, "head_dim": 8, "tie_word_embeddings": True, "rms_norm_eps": 1e-6}, ("Qwen3Model", "Qwen3ForCausalLM")),
    Case("phi3", "Phi3Backbone", GROUPED, {"Phi3CausalLM": ({}, "Phi3ForCausalLM")}, "Phi3Model", "Phi3Config",
         {**LLAMA, "attention_bias": False}, ("Phi3Model", "Phi3ForCausalLM")),
    Case("phi3", "Phi3Backbone",
         {**GROUPED, "rope_scaling_type": "su", "rope_scaling_short_factor": [1.0, 1.5, 2.0],
          "rope_scaling_long_factor": [2.0, 3.0, 4.0], "max_sequence_length": 16, "pretraining_sequence_length": 8},
         {"Phi3CausalLM": ({}, "Phi3ForCausalLM")}, "Phi3Model", name="phi3-su"),
    Case("gemma", "GemmaBackbone", GEMMA, {"GemmaCausalLM": ({}, "GemmaForCausalLM")},
         "GemmaModel", "GemmaConfig", {**LLAMA, "head_dim": 10, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "hidden_activation": "gelu_pytorch_tanh"},
         ("GemmaModel", "GemmaForCausalLM")),
    Case("gemma2", "GemmaBackbone",
         {**GEMMA, "use_post_ffw_norm": True, "use_post_attention_norm": True,
          "final_logit_soft_cap": 3.0, "attention_logit_soft_cap": 2.0, "sliding_window_size": 4,
          "use_sliding_window_attention": True},
         {"GemmaCausalLM": ({}, "Gemma2ForCausalLM")}, "Gemma2Model", "Gemma2Config",
         {**LLAMA, "head_dim": 10, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "query_pre_attn_scalar": 10, "sliding_window": 5,
          "hidden_activation": "gelu_pytorch_tanh"}, ("Gemma2Model", "Gemma2ForCausalLM")),
    Case("gpt_neox", "GPTNeoXBackbone", {**SMALL, "hidden_dim": 16, "rotary_percentage": 0.5, "rotary_max_wavelength": 500, "layer_norm_epsilon": 1e-4},
         {"GPTNeoXCausalLM": ({}, "GPTNeoXForCausalLM")}, "GPTNeoXModel", "GPTNeoXConfig",
         {**THEIRS, **BASIC, "hidden_size": 24, "hidden_act": "gelu_new", "rotary_pct": 0.25, "tie_word_embeddings": True},
         ("GPTNeoXModel", "GPTNeoXForCausalLM")),
    Case("bloom", "BloomBackbone", {"vocabulary_size": VOCABULARY, "num_layers": 3, "num_heads": 2, "hidden_dim": 12,
                                    "intermediate_dim": 48, "layer_norm_epsilon": 1e-4},
         {"BloomCausalLM": ({}, "BloomForCausalLM")}, "BloomModel", "BloomConfig",
         {"vocab_size": VOCABULARY, "n_layer": 3, "n_head": 3, "hidden_size": 18, **BASIC},
         ("BloomModel", "BloomForCausalLM")),
    Case("opt", "OPTBackbone", SMALL, {"OPTCausalLM": ({}, "OPTForCausalLM")}, "OPTModel", "OPTConfig",
         {**BASIC, "vocab_size": VOCABULARY, "hidden_size": 18, "word_embed_proj_dim": 18, "num_hidden_layers": 3,
          "num_attention_heads": 3, "ffn_dim": 14, "max_position_embeddings": TOKENS + 5},
         ("OPTModel", "OPTForCausalLM"), is_padded=False),
]
