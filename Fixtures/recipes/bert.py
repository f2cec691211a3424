"""BERT, bare and with each head, as today's and yesterday's transformers saved it."""

import json

import torch
import transformers
from transformers import BertConfig

from crosswalk_recorder.sensitive import sharpen

from .common import fill, record_folder, save_bin, token_inputs, write_json

VOCABULARY = 64


def configuration(**changes):
    return BertConfig(**{**dict(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                intermediate_size=48, max_position_embeddings=20), **changes})


def inputs(seed):
    """Token ids, a padding mask, and two segments."""
    segments = torch.zeros(2, 12, dtype=torch.int64)
    segments[0, 7:], segments[1, 5:9] = 1, 1
    return {**token_inputs(VOCABULARY, seed), "token_type_ids": segments}


def query_and_key(model, name):
    attention = model.get_submodule(name)
    return [*attention.query.parameters(), *attention.key.parameters()]


def model(class_name, seed, arguments=None, **changes):
    """A BERT class with sensitive weights."""
    made = getattr(transformers, class_name)(configuration(**changes), **(arguments or {}))
    return sharpen(fill(made, seed), inputs(seed), query_and_key)


def simple(class_name, seed, full=False, dtype=None, shard=None, arguments=None, **changes):
    """A recipe that saves with save_pretrained."""
    def make(folder):
        made = model(class_name, seed, arguments, **changes)
        made = made.to(dtype) if dtype else made
        made.save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
        record_folder(folder, inputs(seed), full)
    return make


def pretraining(folder):
    """pytorch_model.bin, where the tied decoder is listed beside the embedding and shares its storage."""
    save_bin(model("BertForPreTraining", 4), folder)
    record_folder(folder, inputs(4))


def old_style(folder):
    """As the hub's oldest BERT files: gamma and beta, a position_ids buffer, a version 4 config."""
    made = model("BertForMaskedLM", 10, hidden_act="gelu")
    tensors = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
               for name, value in made.state_dict().items()}
    save_bin(made, folder, {"bert.embeddings.position_ids": torch.arange(20).unsqueeze(0), **tensors})
    config = json.loads((folder / "config.json").read_text())
    version_4 = {"architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "classifier_dropout": None,
                 "gradient_checkpointing": False, "model_type": "bert", "pad_token_id": 0,
                 "position_embedding_type": "absolute", "torch_dtype": "float32", "transformers_version": "4.6.0.dev0",
                 "use_cache": True}
    kept = ("hidden_act", "hidden_dropout_prob", "hidden_size", "initializer_range", "intermediate_size",
            "layer_norm_eps", "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "type_vocab_size",
            "vocab_size")
    write_json(folder / "config.json", dict(sorted({**version_4, **{k: config[k] for k in kept}}.items())))
    record_folder(folder, inputs(10))


RECIPES = {
    "bert-bare": simple("BertModel", 1, full=True),
    "bert-no-pooler": simple("BertModel", 2, arguments={"add_pooling_layer": False}, hidden_act="gelu_new",
                             layer_norm_eps=1e-5),
    "bert-masked-lm": simple("BertForMaskedLM", 3, full=True, hidden_size=36),
    "bert-pretraining": pretraining,
    "bert-sequence-classification": simple("BertForSequenceClassification", 5, num_labels=3, hidden_act="relu",
                                           layer_norm_eps=1e-3),
    "bert-token-classification": simple("BertForTokenClassification", 6, num_labels=5, hidden_act="silu"),
    "bert-question-answering": simple("BertForQuestionAnswering", 7, shard="30KB"),
    "bert-next-sentence": simple("BertForNextSentencePrediction", 8, dtype=torch.float16),
    "bert-bfloat16": simple("BertModel", 9, dtype=torch.bfloat16, type_vocab_size=3),
    "bert-old-style": old_style,
}
