"""Llama and the decoders that share its names."""

from . import LM, Case, VOCABULARY, heads

SMALL = dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=44, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)
LONG = [1.0 + 0.3 * i for i in range(4)]


def rotary(kind, **more):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10000.0, **more}}


def scaled(family, config, class_name):
    """A case for each way of stretching rotary positions."""
    ways = [rotary("linear", factor=3.0), rotary("dynamic", factor=2.0),
            rotary("yarn", factor=4.0, original_max_position_embeddings=16),
            rotary("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)]
    return [Case(family, config, [class_name], {**SMALL, **way}, name=f"{family}-{way['rope_parameters']['rope_type']}")
            for way in ways]


CASES = [
    Case("llama", "LlamaConfig", heads("Llama", "Model", *LM), {**SMALL, "head_dim": 6, "rms_norm_eps": 1e-3}),
    Case("llama", "LlamaConfig", ["LlamaForCausalLM"], name="llama-biases-tied", settings={
        **SMALL, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True, "hidden_act": "gelu"}),
    *scaled("llama", "LlamaConfig", "LlamaForCausalLM"),
    Case("llama", "LlamaConfig", ["LlamaModel"], name="llama-dynamic-short", settings={
        **SMALL, "max_position_embeddings": 8, **rotary("dynamic", factor=2.0)}),
    Case("mistral", "MistralConfig", heads("Mistral", "Model", *LM), {**SMALL, "head_dim": 6, "sliding_window": 5}),
    Case("mistral", "MistralConfig", ["MistralForCausalLM"], {**SMALL, "sliding_window": None}, name="mistral-whole"),
    Case("qwen2", "Qwen2Config", heads("Qwen2", "Model", *LM), {
        **SMALL, "use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1, "tie_word_embeddings": True}),
    Case("qwen3", "Qwen3Config", heads("Qwen3", "Model", *LM), {**SMALL, "head_dim": 6, "attention_bias": True}),
    Case("gemma", "GemmaConfig", heads("Gemma", "Model", *LM[:3]), {**SMALL, "head_dim": 6, "num_key_value_heads": 1}),
    Case("gemma2", "Gemma2Config", heads("Gemma2", "Model", *LM[:3]), {
        **SMALL, "head_dim": 6, "sliding_window": 5, "query_pre_attn_scalar": 20, "attn_logit_softcapping": 3.0,
        "final_logit_softcapping": 2.0}),
    Case("gemma3_text", "Gemma3TextConfig", ["Gemma3TextModel", "Gemma3ForCausalLM", "Gemma3TextForSequenceClassification"], {
        **SMALL, "head_dim": 6, "sliding_window": 5, "query_pre_attn_scalar": 20, "final_logit_softcapping": 2.0,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
        "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e6},
                            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}}),
    Case("phi3", "Phi3Config", heads("Phi3", "Model", *LM[:3]), {
        **SMALL, "sliding_window": 6, "rope_parameters": {
            "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}}),
    Case("phi3", "Phi3Config", ["Phi3ForCausalLM"], name="phi3-longrope", settings={
        **SMALL, "original_max_position_embeddings": 8, "rope_parameters": {
            "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 1.0, "short_factor": [1.0] * 4,
            "long_factor": LONG, "original_max_position_embeddings": 8}}),
    Case("olmo", "OlmoConfig", heads("Olmo", "Model", "ForCausalLM"), {**SMALL, "clip_qkv": 0.7}),
    Case("olmo2", "Olmo2Config", heads("Olmo2", "Model", "ForCausalLM"), SMALL),
    Case("stablelm", "StableLmConfig", heads("StableLm", "Model", *LM[:3]), {
        **SMALL, "use_qkv_bias": True, "qk_layernorm": True, "rope_parameters": {
            "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25}}),
    Case("stablelm", "StableLmConfig", ["StableLmForCausalLM"], {**SMALL, "use_parallel_residual": True},
         name="stablelm-parallel"),
    Case("starcoder2", "Starcoder2Config", heads("Starcoder2", "Model", *LM[:3]), {**SMALL, "sliding_window": 5}),
    Case("starcoder2", "Starcoder2Config", ["Starcoder2ForCausalLM"], {**SMALL, "use_bias": False}, name="starcoder2-unbiased"),
    Case("cohere", "CohereConfig", heads("Cohere", "Model", "ForCausalLM"), {**SMALL, "use_qk_norm": True, "logit_scale": 0.3}),
    Case("cohere", "CohereConfig", ["CohereForCausalLM"], {**SMALL, "attention_bias": True}, name="cohere-biased"),
    Case("granite", "GraniteConfig", heads("Granite", "Model", "ForCausalLM"), {
        **SMALL, "embedding_multiplier": 3.0, "attention_multiplier": 0.2, "residual_multiplier": 0.6, "logits_scaling": 4.0}),
    Case("granite", "GraniteConfig", ["GraniteForCausalLM"], name="granite-biased", settings={
        **SMALL, "attention_bias": True, "mlp_bias": True, "attention_multiplier": 0.3, **rotary("linear", factor=3.0)}),
    Case("helium", "HeliumConfig", heads("Helium", "Model", *LM[:3]), {**SMALL, "attention_bias": True, "head_dim": 8}),
    Case("helium", "HeliumConfig", ["HeliumForCausalLM"], name="helium-biased-tied", settings={
        **SMALL, "head_dim": 8, "mlp_bias": True, "tie_word_embeddings": True, "rms_norm_eps": 1e-3}),
    Case("mixtral", "MixtralConfig", heads("Mixtral", "Model", *LM), {
        **SMALL, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 5}),
    Case("qwen2_moe", "Qwen2MoeConfig", heads("Qwen2Moe", "Model", *LM), {
        **SMALL, "moe_intermediate_size": 20, "shared_expert_intermediate_size": 28, "num_experts": 5,
        "num_experts_per_tok": 2, "mlp_only_layers": [1]}),
    Case("qwen2_moe", "Qwen2MoeConfig", ["Qwen2MoeForCausalLM"], name="qwen2_moe-normalized", settings={
        **SMALL, "moe_intermediate_size": 20, "shared_expert_intermediate_size": 28, "num_experts": 4,
        "num_experts_per_tok": 3, "norm_topk_prob": True, "decoder_sparse_step": 2, "qkv_bias": False}),
    Case("qwen3_moe", "Qwen3MoeConfig", heads("Qwen3Moe", "Model", *LM), {
        **SMALL, "head_dim": 6, "moe_intermediate_size": 20, "num_experts": 4, "num_experts_per_tok": 2,
        "norm_topk_prob": True, "mlp_only_layers": [2]}),
    Case("gpt_oss", "GptOssConfig", heads("GptOss", "Model", *LM[:3]), {
        **SMALL, "head_dim": 6, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 5,
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "swiglu_limit": 1.5,
        "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
                            "original_max_position_embeddings": 16, "rope_theta": 150000.0}}),
]
