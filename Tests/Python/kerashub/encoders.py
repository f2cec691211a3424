"""Encoders."""

from . import TOKENS, VOCABULARY, Case

SMALL = {"vocabulary_size": VOCABULARY, "num_layers": 3, "num_heads": 2, "hidden_dim": 12, "intermediate_dim": 20,
         "max_sequence_length": TOKENS + 3}
THEIRS = {"vocab_size": VOCABULARY, "num_hidden_layers": 3, "num_attention_heads": 3, "hidden_size": 18,
          "intermediate_size": 14, "max_position_embeddings": TOKENS + 5}
ELECTRA = {"vocab_size": VOCABULARY, "num_layers": 3, "num_heads": 2, "hidden_dim": 12, "embedding_dim": 6, "intermediate_dim": 20,
           "max_sequence_length": TOKENS + 3}

CASES = [
    Case("bert", "BertBackbone", {**SMALL, "num_segments": 3},
         {"BertMaskedLM": ({}, None), "BertTextClassifier": ({"num_classes": 3}, "BertForSequenceClassification")},
         "BertModel", "BertConfig", {**THEIRS, "hidden_act": "gelu_new", "type_vocab_size": 4, "num_labels": 4},
         ("BertModel", "BertForSequenceClassification")),
    Case("bert", "BertBackbone", {}, {}, "BertModel", "BertConfig",
         {**THEIRS, "hidden_act": "gelu", "layer_norm_eps": 1e-5}, ("BertModel",), name="bert-gelu", is_graph=True),
    Case("distilbert", "DistilBertBackbone", SMALL,
         {"DistilBertMaskedLM": ({}, None),
          "DistilBertTextClassifier": ({"num_classes": 3}, "DistilBertForSequenceClassification")},
         "DistilBertModel", "DistilBertConfig",
         {"vocab_size": VOCABULARY, "n_layers": 3, "n_heads": 3, "dim": 18, "hidden_dim": 14, "num_labels": 4,
          "max_position_embeddings": TOKENS + 5}, ("DistilBertModel", "DistilBertForSequenceClassification")),
    Case("roberta", "RobertaBackbone", SMALL,
         {"RobertaMaskedLM": ({}, "RobertaForMaskedLM"),
          "RobertaTextClassifier": ({"num_classes": 3}, "RobertaForSequenceClassification")},
         "", "RobertaConfig", {**THEIRS, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "num_labels": 4},
         ("RobertaForMaskedLM", "RobertaForSequenceClassification"), is_padded=False),
    Case("xlm-roberta", "XLMRobertaBackbone", SMALL, {"XLMRobertaMaskedLM": ({}, "XLMRobertaForMaskedLM")},
         "", "XLMRobertaConfig", {**THEIRS, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
         ("XLMRobertaForMaskedLM",), is_padded=False),
    Case("albert", "AlbertBackbone",
         {"vocabulary_size": VOCABULARY, "num_layers": 4, "num_heads": 2, "embedding_dim": 6, "hidden_dim": 12,
          "intermediate_dim": 20, "num_groups": 2, "num_inner_repetitions": 3, "max_sequence_length": TOKENS + 3,
          "num_segments": 3},
         {"AlbertMaskedLM": ({}, None), "AlbertTextClassifier": ({"num_classes": 3}, "AlbertForSequenceClassification")},
         "AlbertModel", "AlbertConfig",
         {**THEIRS, "embedding_size": 10, "num_hidden_groups": 3, "inner_group_num": 2, "type_vocab_size": 4, "num_labels": 4},
         ("AlbertModel", "AlbertForSequenceClassification")),
    Case("electra", "ElectraBackbone", ELECTRA, {}, "ElectraModel", "ElectraConfig",
         {**THEIRS, "embedding_size": 10, "hidden_act": "gelu_new", "type_vocab_size": 4}, ("ElectraModel",),
         given=("--set", "pooler=false"), is_pooled=False),
    Case("electra", "ElectraBackbone", {**ELECTRA, "embedding_dim": 12}, {}, "ElectraModel", name="electra-even",
         given=("--set", "pooler=false"), is_pooled=False),
]
