"""Encoders: BERT and what came of it."""

import torch

from . import Case, VOCABULARY, heads, tokens

BERT = dict(vocab_size=VOCABULARY, hidden_size=30, intermediate_size=44, num_hidden_layers=3, num_attention_heads=5,
            max_position_embeddings=40, layer_norm_eps=1e-3, num_labels=3)

ANSWERS = {**BERT, "num_labels": 2}

ROTARY = {**BERT, "hidden_size": 40}

DISTILBERT = dict(vocab_size=VOCABULARY, dim=30, hidden_dim=44, n_layers=3, n_heads=5, max_position_embeddings=40, num_labels=3)

MODERN = dict(vocab_size=VOCABULARY, hidden_size=30, intermediate_size=44, num_hidden_layers=4, num_attention_heads=5,
              max_position_embeddings=40, norm_eps=1e-3, local_attention=5, pad_token_id=0, eos_token_id=2, bos_token_id=1,
              cls_token_id=1, sep_token_id=2)

V3 = dict(relative_attention=True, position_buckets=4, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p",
          position_biased_input=False)

LONG = {**BERT, "attention_window": [4, 8, 4]}


def globally(model, seed=0):
    """Tokens of which the first and the fifth see all."""
    inputs = tokens(model, seed)
    everywhere = torch.zeros_like(inputs["input_ids"])
    everywhere[:, [0, 4]] = 1
    return {**inputs, "global_attention_mask": everywhere}


def choices(model, seed=0):
    """Two rows of three choices each, the last padded."""
    inputs = tokens(model, seed)
    ids = torch.stack([inputs["input_ids"].roll(shift, 1) for shift in range(3)], 1)
    mask = torch.ones_like(ids)
    mask[:, 2, -4:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def encoded(model, seed=0):
    """Tokens of a decoder, and what an encoder made, padded."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.ones(2, 5, dtype=torch.int64)
    mask[0, 3:] = 0
    states = torch.randn(2, 5, model.config.hidden_size, generator=generator)
    return {**tokens(model, seed), "encoder_hidden_states": states, "encoder_attention_mask": mask}


TASKS = ["ForSequenceClassification", "ForTokenClassification"]

CROSS = {**BERT, "is_decoder": True, "add_cross_attention": True}

LONGFORMERS = [
    Case("longformer", "LongformerConfig", heads("Longformer", "Model", "ForMaskedLM", *TASKS), LONG),
    Case("longformer", "LongformerConfig", heads("Longformer", "Model", "ForSequenceClassification", "ForTokenClassification"),
         {**LONG, "attention_window": 4}, name="longformer-global", inputs=globally),
    Case("longformer", "LongformerConfig", heads("Longformer", "ForQuestionAnswering"), {**LONG, "num_labels": 2},
         name="longformer-answers", inputs=globally),
]

CASES = [
    Case("bert", "BertConfig", heads("Bert", "Model", "ForMaskedLM", "ForPreTraining", "ForNextSentencePrediction", *TASKS),
         {**BERT, "type_vocab_size": 3, "hidden_act": "silu"}),
    Case("bert", "BertConfig", heads("Bert", "ForQuestionAnswering"), ANSWERS, name="bert-answers"),
    Case("bert", "BertConfig", heads("Bert", "LMHeadModel"), {**BERT, "is_decoder": True}, name="bert-decoder"),
    Case("bert", "BertConfig", heads("Bert", "ForMaskedLM"), {**BERT, "tie_word_embeddings": False}, name="bert-untied"),
    Case("bert", "BertConfig", heads("Bert", "LMHeadModel"), CROSS, name="bert-cross", inputs=encoded),
    Case("bert", "BertConfig", heads("Bert", "Model"), CROSS, name="bert-without-encoder"),
    Case("electra", "ElectraConfig", heads("Electra", "Model", "ForMaskedLM", "ForPreTraining", *TASKS),
         {**BERT, "embedding_size": 12, "hidden_act": "relu"}),
    Case("electra", "ElectraConfig", heads("Electra", "ForCausalLM"), CROSS, name="electra-cross", inputs=encoded),
    Case("electra", "ElectraConfig", heads("Electra", "ForQuestionAnswering"), {**ANSWERS, "embedding_size": 30},
         name="electra-answers"),
    Case("electra", "ElectraConfig", heads("Electra", "ForMaskedLM", "ForCausalLM"), name="electra-untied", settings={
        **BERT, "embedding_size": 12, "tie_word_embeddings": False, "is_decoder": True}),
    Case("distilbert", "DistilBertConfig", heads("DistilBert", "Model", "ForMaskedLM", *TASKS),
         {**DISTILBERT, "activation": "relu"}),
    Case("distilbert", "DistilBertConfig", heads("DistilBert", "ForQuestionAnswering"), {**DISTILBERT, "num_labels": 2},
         name="distilbert-answers"),
    Case("distilbert", "DistilBertConfig", heads("DistilBert", "ForMaskedLM"), name="distilbert-untied", settings={
        **DISTILBERT, "tie_word_embeddings": False}),
    Case("albert", "AlbertConfig", heads("Albert", "Model", "ForMaskedLM", "ForPreTraining", *TASKS),
         {**BERT, "embedding_size": 12, "num_hidden_layers": 5, "num_hidden_groups": 2, "inner_group_num": 2}),
    Case("albert", "AlbertConfig", heads("Albert", "ForQuestionAnswering"), {**ANSWERS, "embedding_size": 30},
         name="albert-answers"),
    Case("albert", "AlbertConfig", heads("Albert", "ForMaskedLM"), name="albert-untied", settings={
        **BERT, "embedding_size": 12, "tie_word_embeddings": False, "hidden_act": "gelu"}),
    Case("roberta", "RobertaConfig", heads("Roberta", "Model", "ForMaskedLM", *TASKS),
         {**BERT, "pad_token_id": 3, "type_vocab_size": 1}),
    Case("roberta", "RobertaConfig", heads("Roberta", "ForQuestionAnswering"), ANSWERS, name="roberta-answers"),
    Case("roberta", "RobertaConfig", heads("Roberta", "ForCausalLM"), CROSS, name="roberta-cross", inputs=encoded),
    Case("roberta", "RobertaConfig", heads("Roberta", "ForCausalLM", "ForMaskedLM"), name="roberta-untied", settings={
        **BERT, "is_decoder": True, "tie_word_embeddings": False, "hidden_act": "relu"}),
    Case("roberta", "CamembertConfig", heads("Camembert", "ForMaskedLM", *TASKS), BERT, name="camembert"),
    Case("xlm-roberta", "XLMRobertaConfig", heads("XLMRoberta", "Model", "ForMaskedLM", *TASKS), {**BERT, "type_vocab_size": 1}),
    Case("mpnet", "MPNetConfig", heads("MPNet", "Model", "ForMaskedLM", *TASKS), BERT),
    *(Case("modernbert", "ModernBertConfig", heads("ModernBert", *names), {**MODERN, **settings}, name=label)
      for label, names, settings in [
          ("modernbert", ["Model", "ForMaskedLM", *TASKS], {"num_labels": 3}),
          ("modernbert-answers", ["ForQuestionAnswering"], {"num_labels": 2}),
          ("modernbert-biases", ["ForMaskedLM", "ForSequenceClassification"], {
              "norm_bias": True, "attention_bias": True, "mlp_bias": True, "classifier_bias": True, "decoder_bias": False,
              "classifier_pooling": "mean", "classifier_activation": "silu", "hidden_activation": "gelu_new",
              "tie_word_embeddings": False, "layer_types": ["sliding_attention", "full_attention"] * 2,
              "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 3000.0},
                                  "sliding_attention": {"rope_type": "default", "rope_theta": 200.0}}})]),
    Case("mpnet", "MPNetConfig", heads("MPNet", "ForQuestionAnswering"), ANSWERS, name="mpnet-answers"),
    *LONGFORMERS,
    Case("nomic_bert", "NomicBertConfig", heads("NomicBert", "Model", "ForMaskedLM", *TASKS), {
        **ROTARY, "head_dim": 6, "rope_parameters": {"rope_type": "default", "rope_theta": 300.0}}),
    Case("jina_embeddings_v3", "JinaEmbeddingsV3Config", heads("JinaEmbeddingsV3", "Model", "ForMaskedLM", *TASKS),
         {**ROTARY, "hidden_act": "relu"}),
    Case("jina_embeddings_v3", "JinaEmbeddingsV3Config", heads("JinaEmbeddingsV3", "ForQuestionAnswering"),
         {**ROTARY, "num_labels": 2}, name="jina_embeddings_v3-answers"),
    *(Case("deberta-v2", "DebertaV2Config", heads("DebertaV2", *names), {**BERT, **settings}, name=label)
      for label, names, settings in [
          ("deberta-v3", ["Model", "ForMaskedLM", *TASKS], {**V3, "pooler_hidden_act": "relu"}),
          ("deberta-v3-answers", ["ForQuestionAnswering"], {**V3, "num_labels": 2}),
          ("deberta-v2", ["Model", "ForMaskedLM", "ForSequenceClassification"], {
              **V3, "conv_kernel_size": 3, "conv_act": "gelu", "conv_groups": 2, "type_vocab_size": 2, "legacy": False}),
          ("deberta-v2-own-keys", ["ForMaskedLM"], {
              "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "max_relative_positions": 7, "embedding_size": 12,
              "tie_word_embeddings": False}),
          ("deberta-v2-one-sided", ["Model"], {**V3, "pos_att_type": ["c2p"], "norm_rel_ebd": "none"}),
          ("deberta-v2-absolute", ["Model"], {"type_vocab_size": 2, "pos_att_type": ["c2p"]})]),
    *(Case(family, f"{name}Config", [f"{name}ForMultipleChoice"], settings, name=f"{family}-choices", inputs=choices)
      for family, name, settings in [
          ("bert", "Bert", BERT), ("electra", "Electra", {**BERT, "embedding_size": 12, "summary_type": "mean"}),
          ("distilbert", "DistilBert", DISTILBERT), ("albert", "Albert", {**BERT, "embedding_size": 12}),
          ("roberta", "Roberta", BERT), ("mpnet", "MPNet", BERT), ("deberta-v2", "DebertaV2", {**BERT, **V3}), ("modernbert", "ModernBert", MODERN)]),
]
