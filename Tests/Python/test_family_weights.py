"""Weights as older files have them: other names for norms, no prefix, buffers beside them, and tied copies."""

import re

import pytest
import torch
from families import all_cases
from families.changes import Reference
from safetensors.torch import load_file, save_file
from transformers.core_model_loading import revert_weight_conversion

FIRST = {}
for case in all_cases():
    FIRST.setdefault(case.family, case)
EVERY_FAMILY = [pytest.param(case, id=name) for name, case in FIRST.items()]

BUFFERS = {
    "bert": ("BertForMaskedLM", {"bert.embeddings.position_ids": torch.arange(8)[None]}),
    "gpt2": ("GPT2LMHeadModel", {"transformer.h.0.attn.bias": torch.ones(1, 1, 8, 8).tril().to(torch.uint8),
                                 "transformer.h.0.attn.masked_bias": torch.tensor(-1e4)}),
    "gpt_neox": ("GPTNeoXForCausalLM", {"gpt_neox.layers.0.attention.bias": torch.ones(1, 1, 8, 8).tril().bool(),
                                        "gpt_neox.layers.0.attention.masked_bias": torch.tensor(-1e9),
                                        "gpt_neox.layers.0.attention.rotary_emb.inv_freq": torch.ones(1)}),
    "llama": ("LlamaForCausalLM", {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(3)}),
}
PREFIXLESS = {"bert": "BertForMaskedLM", "gpt2": "GPT2LMHeadModel", "bloom": "BloomForCausalLM", "llama": "LlamaForCausalLM"}


def saved(case, class_name, folder):
    """A model, and the folder and the tensors that transformers writes of it."""
    reference = Reference(case, class_name)
    reference.model.save_pretrained(folder)
    return reference.model, load_file(folder / "model.safetensors")


def beside(folder, tensors):
    """The same tensors under other names, in a folder with the same config."""
    other = folder / "other"
    other.mkdir()
    (other / "config.json").write_text((folder / "config.json").read_text())
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, other / "model.safetensors")
    return other


@pytest.mark.parametrize("case", EVERY_FAMILY)
def test_norms_with_gamma_and_beta(case, crosswalk, tmp_path):
    _, tensors = saved(case, case.classes[:2][-1], tmp_path)
    old = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
           for name, tensor in tensors.items()}
    if old.keys() == tensors.keys():
        pytest.skip("its norms are not called LayerNorm")
    crosswalk("diff", tmp_path, beside(tmp_path, old))


@pytest.mark.parametrize("name", PREFIXLESS)
def test_a_head_over_names_without_a_prefix(name, crosswalk, tmp_path):
    model, tensors = saved(FIRST[name], PREFIXLESS[name], tmp_path)
    prefix = model.base_model_prefix + "."
    assert any(name.startswith(prefix) for name in tensors)
    crosswalk("diff", tmp_path, beside(tmp_path, {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}))


@pytest.mark.parametrize("name", BUFFERS)
def test_buffers_that_are_no_weights(name, crosswalk, tmp_path):
    class_name, buffers = BUFFERS[name]
    _, tensors = saved(FIRST[name], class_name, tmp_path)
    assert not tensors.keys() & buffers.keys()
    crosswalk("diff", tmp_path, beside(tmp_path, {**tensors, **buffers}))


@pytest.mark.parametrize("case", EVERY_FAMILY)
def test_a_bin_with_tied_copies(case, crosswalk, tmp_path):
    """Everything that the model holds, under each of its names, as torch.save wrote it in transformers 4."""
    model, tensors = saved(case, case.classes[:2][-1], tmp_path)
    unsaved = [re.compile(key) for key in model._keys_to_ignore_on_save or []]
    held = {name: tensor for name, tensor in model.state_dict().items() if not any(key.search(name) for key in unsaved)}
    every = revert_weight_conversion(model, held)
    assert every.keys() >= tensors.keys()
    old = tmp_path / "old"
    old.mkdir()
    (old / "config.json").write_text((tmp_path / "config.json").read_text())
    torch.save(every, old / "pytorch_model.bin")
    crosswalk("diff", tmp_path, old)


NOT_FROM_MEMORY = {"nomic_bert", "jina_embeddings_v3", "marian"}
"""Families whose names in memory are not read: only a folder that save_pretrained wrote is."""


@pytest.mark.parametrize("case", [p for p in EVERY_FAMILY if p.id not in NOT_FROM_MEMORY])
def test_a_state_dict_under_its_names_in_memory(case, crosswalk, tmp_path):
    """torch.save(model.state_dict()) has other names than save_pretrained where transformers 5 renamed modules."""
    model, _ = saved(case, case.classes[:2][-1], tmp_path)
    other = tmp_path / "memory"
    other.mkdir()
    (other / "config.json").write_text((tmp_path / "config.json").read_text())
    torch.save(model.state_dict(), other / "pytorch_model.bin")
    crosswalk("diff", tmp_path, other)
