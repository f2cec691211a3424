"""Encodings that act on pairs of positions, as the frameworks' own code makes them."""

import json

import numpy as np
import pytest
import torch
import transformers
from crosswalk_recorder.sensitive import fill
from families.llamas import SMALL
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


@pytest.fixture
def table(crosswalk, tmp_path):
    """The first positional table of a model, and its kind."""
    def first(model, *options):
        model.save_pretrained(tmp_path / "model")
        crosswalk("positions", tmp_path / "model", "-o", tmp_path / "table.json", *options)
        found = json.loads((tmp_path / "table.json").read_text())["tables"][0]
        return found["kind"], np.array(found["values"], np.float32)
    return first


def test_rotary_angles_are_transformers_cosines_and_sines(table):
    config = transformers.LlamaConfig(**SMALL, rope_parameters={
        "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16})
    cosines, sines = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.arange(64)[None])
    kind, values = table(fill(transformers.LlamaForCausalLM(config), 0))
    half = cosines.shape[-1] // 2
    assert kind == "rotary"
    np.testing.assert_allclose(values, np.concatenate([cosines[0, :, :half], sines[0, :, :half]], -1), atol=1e-5)


def test_linear_biases_fall_by_each_heads_slope(table):
    config = transformers.BloomConfig(vocab_size=60, hidden_size=24, n_layer=1, n_head=6)
    biases = build_alibi_tensor(torch.ones(1, 9), 6, torch.float32).view(6, 9)
    kind, values = table(fill(transformers.BloomForCausalLM(config), 0), "--count", 9)
    assert kind == "alibi"
    np.testing.assert_allclose(values, -biases.T.numpy(), rtol=1e-6)


def test_learned_biases_are_by_distance_and_head(table):
    config = transformers.T5Config(vocab_size=60, d_model=24, d_kv=6, d_ff=20, num_layers=1, num_heads=4,
                                   relative_attention_num_buckets=8, relative_attention_max_distance=16)
    model = fill(transformers.T5ForConditionalGeneration(config), 0)
    attention = model.encoder.block[0].layer[0].SelfAttention
    biases = attention.compute_bias(17, 17)[0].detach()
    kind, values = table(model)
    assert kind == "relative" and values.shape == (33, 4)
    np.testing.assert_array_equal(values[16:], biases[:, 0, :].T)
    np.testing.assert_array_equal(values[:17][::-1], biases[:, 16, :].flip(-1).T)
