"""GPT-2, bare and with its heads, tied and untied, and as the hub's first files name it."""

import torch
import transformers
from transformers import GPT2Config

from crosswalk_recorder.sensitive import sharpen

from .common import fill, record_folder, save_bin, token_inputs, write_json

VOCABULARY = 72


def configuration(**changes):
    return GPT2Config(**{**dict(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=24, n_inner=64,
                                bos_token_id=1, eos_token_id=1), **changes})


def query_and_key(model, name):
    fused = model.get_submodule(name).c_attn
    width = fused.weight.shape[0]
    return [fused.weight[:, :2 * width], fused.bias[:2 * width]]


def model(class_name, seed, **changes):
    """A GPT-2 class with sensitive weights."""
    made = getattr(transformers, class_name)(configuration(**changes))
    return sharpen(fill(made, seed), token_inputs(VOCABULARY, seed), query_and_key)


def simple(class_name, seed, full=False, **changes):
    """A recipe that saves with save_pretrained."""
    def make(folder):
        model(class_name, seed, **changes).save_pretrained(folder)
        record_folder(folder, token_inputs(VOCABULARY, seed), full)
    return make


def left_padding(folder):
    """As generation pads: on the left, with position ids. Rows of padding see no key at all."""
    inputs = token_inputs(VOCABULARY, 25, left=True)
    positions = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    model("GPT2LMHeadModel", 25).save_pretrained(folder)
    record_folder(folder, {**inputs, "position_ids": positions})


def old_style(folder):
    """As the hub's first gpt2: no `transformer.` prefix, no head, and the causal masks saved as buffers."""
    made = model("GPT2LMHeadModel", 26)
    mask = torch.ones(24, 24, dtype=torch.uint8).tril().view(1, 1, 24, 24)
    tensors = {}
    for name, value in made.transformer.state_dict().items():
        if name.endswith("attn.c_attn.weight"):
            layer = name.removesuffix("c_attn.weight")
            tensors[layer + "bias"], tensors[layer + "masked_bias"] = mask.clone(), torch.tensor(-1e4)
        tensors[name] = value
    save_bin(made, folder, tensors)
    record_folder(folder, token_inputs(VOCABULARY, 26))


def sharded_bin(folder):
    """Two pytorch_model shards and their index; the tied head is listed in both."""
    made = model("GPT2LMHeadModel", 27)
    tensors = made.state_dict()
    first = [name for name in tensors if ".h.1." not in name and name.startswith("transformer.")]
    parts = {"pytorch_model-00001-of-00002.bin": first,
             "pytorch_model-00002-of-00002.bin": [name for name in tensors if name not in first]}
    for name, names in parts.items():
        save_bin(made, folder, {n: tensors[n].clone() for n in names}, name)
    total = sum(t.nbytes for t in tensors.values())
    write_json(folder / "pytorch_model.bin.index.json", {
        "metadata": {"total_size": total},
        "weight_map": {n: name for name, names in parts.items() for n in sorted(names)}})
    record_folder(folder, token_inputs(VOCABULARY, 27))


RECIPES = {
    "gpt2-lm": simple("GPT2LMHeadModel", 20, full=True),
    "gpt2-bare": simple("GPT2Model", 21, n_embd=36, n_head=4, n_layer=3, n_inner=None),
    "gpt2-inverse-layer": simple("GPT2LMHeadModel", 22, n_inner=45, activation_function="relu", n_layer=3,
                                 scale_attn_by_inverse_layer_idx=True, layer_norm_epsilon=1e-3),
    "gpt2-classification": simple("GPT2ForSequenceClassification", 23, num_labels=3, pad_token_id=0),
    "gpt2-untied": simple("GPT2LMHeadModel", 24, tie_word_embeddings=False, scale_attn_weights=False),
    "gpt2-left-padding": left_padding,
    "gpt2-old-style": old_style,
    "gpt2-sharded-bin": sharded_bin,
}
