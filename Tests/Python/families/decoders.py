"""Decoders with names of their own."""

import torch

from . import LM, TOKENS, VOCABULARY, Case, heads, tokens

SMALL = dict(vocab_size=VOCABULARY, pad_token_id=0, bos_token_id=1, eos_token_id=2)
WIDE = dict(**SMALL, hidden_size=40, num_hidden_layers=3, num_attention_heads=5, max_position_embeddings=48)
"""The names that most configs have."""
GPT = dict(**SMALL, n_embd=40, n_layer=3, n_head=5, n_positions=48)
"""Those of the configs that follow GPT-2's."""
GPT_NEO = dict(**SMALL, hidden_size=40, num_layers=3, num_heads=5, max_position_embeddings=48)


def placed_tokens(model, seed=0):
    """Ids with positions of one's own."""
    return {**tokens(model, seed), "position_ids": torch.arange(TOKENS).expand(2, -1).flip(1) + 7}


def typed_tokens(model, seed=0):
    """Ids with positions of one's own and token types."""
    inputs = placed_tokens(model, seed)
    return {**inputs, "token_type_ids": inputs["input_ids"].flip(1)}


def padded_tokens(model, seed=0):
    """Ids that are padded on the left, on the right, and in the middle."""
    inputs = tokens(model, seed)
    ids, mask = inputs["input_ids"][:1].repeat(3, 1), torch.ones(3, TOKENS, dtype=torch.int64)
    mask[0, :2], mask[1, TOKENS - 2:], mask[2, 4:6] = 0, 0, 0
    return {"input_ids": torch.where(mask == 1, ids, inputs["input_ids"][1, -1]), "attention_mask": mask}


def biased_once(model, seed=0):
    """Padded ids, for a Falcon that adds the biases of distance once.

    Where attention is asked for, or without torch's fused attention, transformers adds them to the scores and once more
    with the mask; where it is not asked for, and so in use, it adds them once, as the models were trained.
    """
    def plain_mask(_module, args, settings):
        mask = settings["attention_mask"]
        return args, {**settings, "attention_mask": mask.where(mask < -1e30, 0)}

    for layer in model.base_model.h:
        layer.self_attention.register_forward_pre_hook(plain_mask, with_kwargs=True)
    return padded_tokens(model, seed)


CASES = [
    Case("gpt_neox", "GPTNeoXConfig", heads("GPTNeoX", "Model", *LM), {
        **WIDE, "intermediate_size": 52, "layer_norm_eps": 1e-3}),
    Case("gpt_neox", "GPTNeoXConfig", ["GPTNeoXForCausalLM"], name="gpt_neox-serial", settings={
        **WIDE, "intermediate_size": 36, "use_parallel_residual": False, "attention_bias": False, "hidden_act": "gelu_new",
        "rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0}}),
    Case("gpt_neox", "GPTNeoXConfig", ["GPTNeoXForCausalLM"], name="gpt_neox-tied", settings={
        **WIDE, "intermediate_size": 36, "tie_word_embeddings": True, "hidden_act": "relu",
        "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0, "partial_rotary_factor": 0.5}}),
    Case("gpt_neox", "GPTNeoXConfig", ["GPTNeoXModel"], name="gpt_neox-odd", settings={
        **WIDE, "intermediate_size": 36, "hidden_size": 60, "attention_bias": False}),
    Case("gptj", "GPTJConfig", heads("GPTJ", "Model", "ForCausalLM", "ForSequenceClassification", "ForQuestionAnswering"), {
        **GPT, "rotary_dim": 6, "layer_norm_epsilon": 1e-3}, inputs=typed_tokens),
    Case("gptj", "GPTJConfig", ["GPTJForCausalLM"], name="gptj-tied", settings={
        **GPT, "rotary_dim": 8, "n_inner": 28, "tie_word_embeddings": True, "activation_function": "relu"}),
    Case("gpt_neo", "GPTNeoConfig", heads("GPTNeo", "Model", *LM), {
        **GPT_NEO, "attention_types": [[["global", "local"], 1], [["local"], 1]], "window_size": 5,
        "layer_norm_epsilon": 1e-3}, inputs=typed_tokens),
    Case("gpt_neo", "GPTNeoConfig", ["GPTNeoForCausalLM"], name="gpt_neo-untied", settings={
        **GPT_NEO, "attention_types": [[["local"], 3]], "window_size": 4, "intermediate_size": 28,
        "tie_word_embeddings": False, "activation_function": "relu"}),
    Case("codegen", "CodeGenConfig", heads("CodeGen", "Model", "ForCausalLM"), {
        **GPT, "n_embd": 48, "n_head": 8, "rotary_dim": 4}, inputs=typed_tokens),
    Case("codegen", "CodeGenConfig", ["CodeGenForCausalLM"], name="codegen-tied", settings={
        **GPT, "n_embd": 48, "n_head": 4, "rotary_dim": 12, "n_inner": 28, "tie_word_embeddings": True}),
    *(Case("gpt_bigcode", "GPTBigCodeConfig", heads("GPTBigCode", "Model", *LM[:3]), {
        **GPT, "multi_query": shared, "scale_attn_weights": shared}, name=f"gpt_bigcode-{'one' if shared else 'many'}",
        inputs=typed_tokens) for shared in [True, False]),
    Case("gpt_bigcode", "GPTBigCodeConfig", ["GPTBigCodeForCausalLM"], name="gpt_bigcode-untied", settings={
        **GPT, "tie_word_embeddings": False, "n_inner": 28, "activation_function": "gelu", "layer_norm_epsilon": 1e-3}),
    Case("gpt2", "GPT2Config", ["GPT2Model", "GPT2LMHeadModel", *heads("GPT2", *LM[1:])], {
        **GPT, "layer_norm_epsilon": 1e-3, "scale_attn_by_inverse_layer_idx": True}, inputs=typed_tokens),
    Case("gpt2", "GPT2Config", ["GPT2LMHeadModel"], name="gpt2-untied", settings={
        **GPT, "tie_word_embeddings": False, "n_inner": 28, "scale_attn_weights": False, "activation_function": "relu"}),
    Case("phi", "PhiConfig", heads("Phi", "Model", *LM[:3]), {
        **WIDE, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 52, "layer_norm_eps": 1e-3,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.4}}),
    Case("phi", "PhiConfig", ["PhiForCausalLM"], name="phi-normed", settings={
        **WIDE, "intermediate_size": 52, "qk_layernorm": True, "hidden_act": "relu", "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0}}),
    Case("opt", "OPTConfig", heads("OPT", "Model", "ForCausalLM", "ForSequenceClassification", "ForQuestionAnswering"), {
        **WIDE, "ffn_dim": 52, "pad_token_id": 1, "activation_function": "gelu"}, inputs=padded_tokens),
    Case("opt", "OPTConfig", heads("OPT", "Model", "ForCausalLM", "ForSequenceClassification", "ForQuestionAnswering"), {
        **WIDE, "ffn_dim": 52, "do_layer_norm_before": False, "word_embed_proj_dim": 24}, name="opt-outer-norms"),
    Case("opt", "OPTConfig", ["OPTForCausalLM"], name="opt-plain", inputs=placed_tokens, settings={
        **WIDE, "ffn_dim": 52, "enable_bias": False, "layer_norm_elementwise_affine": False, "tie_word_embeddings": False}),
    Case("bloom", "BloomConfig", heads("Bloom", "Model", *LM), {
        **SMALL, "hidden_size": 42, "n_layer": 3, "n_head": 6, "layer_norm_epsilon": 1e-3}, inputs=padded_tokens),
    Case("bloom", "BloomConfig", ["BloomForCausalLM"], name="bloom-outer", settings={
        **SMALL, "hidden_size": 40, "n_layer": 3, "n_head": 4, "apply_residual_connection_post_layernorm": True,
        "tie_word_embeddings": False}),
    Case("falcon", "FalconConfig", heads("Falcon", "Model", *LM), {**WIDE, "layer_norm_epsilon": 1e-3}),
    *(Case("falcon", "FalconConfig", ["FalconForCausalLM"], {**WIDE, "num_attention_heads": 4, **settings}, name=name,
           inputs=biased_once if settings.get("alibi") else None)
      for name, settings in {
          "falcon-new": {"new_decoder_architecture": True, "num_kv_heads": 2, "ffn_hidden_size": 28},
          "falcon-new-shared": {"new_decoder_architecture": True, "num_kv_heads": 2, "num_ln_in_parallel_attn": 1,
                                "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0}},
          "falcon-serial": {"multi_query": False, "parallel_attn": False, "bias": True, "tie_word_embeddings": False},
          "falcon-biases": {"alibi": True, "bias": True, "activation": "relu"},
          "falcon-new-biases": {"alibi": True, "new_decoder_architecture": True, "num_kv_heads": 4},
      }.items()),
    Case("mpt", "MptConfig", heads("Mpt", "Model", *LM), {
        **SMALL, "d_model": 42, "n_layers": 3, "n_heads": 6, "layer_norm_epsilon": 1e-3, "max_seq_len": 32}),
    Case("mpt", "MptConfig", ["MptForCausalLM"], name="mpt-clipped", settings={
        **SMALL, "d_model": 40, "n_layers": 3, "n_heads": 4, "tie_word_embeddings": False,
        "attn_config": {"clip_qkv": 0.8, "softmax_scale": 0.7}}),
]
