"""Encoders: BERT and what came of it."""

from . import Case, VOCABULARY, heads

BERT = dict(vocab_size=VOCABULARY, hidden_size=30, intermediate_size=44, num_hidden_layers=3, num_attention_heads=5,
            max_position_embeddings=40, layer_norm_eps=1e-3, num_labels=3)

TASKS = ["ForSequenceClassification", "ForTokenClassification"]

CASES = [
    Case("bert", "BertConfig", heads("Bert", "Model", "ForMaskedLM", "ForPreTraining", "ForNextSentencePrediction", *TASKS),
         {**BERT, "type_vocab_size": 3, "hidden_act": "silu"}),
    Case("bert", "BertConfig", heads("Bert", "ForQuestionAnswering"), {**BERT, "num_labels": 2}, name="bert-answers"),
    Case("bert", "BertConfig", heads("Bert", "LMHeadModel"), {**BERT, "is_decoder": True}, name="bert-decoder"),
    Case("bert", "BertConfig", heads("Bert", "ForMaskedLM"), {**BERT, "tie_word_embeddings": False}, name="bert-untied"),
]
