"""Llama and the decoders that share its names."""

from . import LM, Case, VOCABULARY, heads

SMALL = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=44, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)

CASES = [
    Case("llama", "LlamaConfig", heads("Llama", "Model", *LM), {**SMALL, "head_dim": 6, "rms_norm_eps": 1e-3}),
    Case("llama", "LlamaConfig", ["LlamaForCausalLM"], name="llama-biases-tied", settings={
        **SMALL, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True, "hidden_act": "gelu"}),
    *(Case("llama", "LlamaConfig", ["LlamaForCausalLM"], {**SMALL, "rope_parameters": scaling}, name=f"llama-{scaling['rope_type']}")
      for scaling in [
          {"rope_type": "linear", "factor": 3.0, "rope_theta": 5000.0},
          {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0},
          {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "rope_theta": 10000.0},
          {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 16, "rope_theta": 500000.0}]),
]
