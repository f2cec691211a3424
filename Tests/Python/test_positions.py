"""Encodings that act on pairs of positions, as the frameworks' own code makes them."""

import json
import pathlib

import h5py
import numpy as np
import pytest
import torch
import transformers
from conftest import ROOT
from crosswalk_recorder.sensitive import fill
from families.llamas import SMALL
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


@pytest.fixture
def whole(crosswalk, tmp_path):
    """All that is said of the first positional table of a model."""
    def first(model, *options):
        if not isinstance(model, pathlib.Path):
            model.save_pretrained(tmp_path / "model")
            model = tmp_path / "model"
        crosswalk("positions", model, "-o", tmp_path / "table.json", *options)
        return json.loads((tmp_path / "table.json").read_text())["tables"][0]
    return first


@pytest.fixture
def table(whole):
    """The first positional table of a model, and its kind."""
    def first(model, *options):
        found = whole(model, *options)
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


def waves(rows, width, base, start, exponent, layout, first):
    """A table by the sinusoidal formula, in binary32 as frameworks compute it."""
    share = torch.arange(0, width, 2) / width if exponent == "2i/d" else torch.arange(width // 2) / (width // 2 - 1)
    angles = torch.arange(start, start + rows)[:, None] * torch.exp(-np.log(base) * share)
    halves = (angles.sin(), angles.cos()) if first == "sin" else (angles.cos(), angles.sin())
    return torch.stack(halves, -1).flatten(1) if layout == "interleaved" else torch.cat(halves, -1)


@pytest.mark.parametrize("exponent, layout, first, start, base", [
    ("2i/d", "interleaved", "sin", 0, 10000), ("2i/d", "concatenated", "sin", 0, 5000),
    ("i/(d/2-1)", "concatenated", "sin", 2, 10000), ("i/(d/2-1)", "concatenated", "cos", 1, 777),
    ("2i/d", "interleaved", "cos", 0, 1e6)])
def test_the_formula_of_a_stored_table(whole, exponent, layout, first, start, base):
    config = transformers.GPT2Config(vocab_size=20, n_embd=64, n_layer=1, n_head=2, n_positions=50)
    model = fill(transformers.GPT2Model(config), 0)
    model.wpe.weight.data = waves(50, 64, base, start, exponent, layout, first).float()
    found = whole(model)
    formula = found["formula"]
    assert (formula["exponent"], formula["layout"], formula["first"], formula["start"]) == (exponent, layout, first, start)
    assert abs(formula["base"] / base - 1) < 1e-6 and formula["largest_difference"] < 1e-4
    dots = model.wpe.weight.detach() @ model.wpe.weight.detach().T
    np.testing.assert_allclose(found["similarity"]["dot"], dots, atol=1e-4)
    verdict = found["verdict"]
    assert verdict["largest_with_itself"] and verdict["falls_with_distance"] and verdict["correlation_with_distance"] < -0.7
    means = [float(dots.diagonal(distance).mean()) for distance in range(50)]
    np.testing.assert_allclose(found["similarity"]["mean_dot"], means, atol=1e-4)
    assert all(a > b for a, b in zip(means, means[1:verdict["falls_until"] + 1], strict=False))


def test_a_trained_table_is_of_no_formula(whole):
    config = transformers.GPT2Config(vocab_size=20, n_embd=12, n_layer=1, n_head=2, n_positions=50)
    found = whole(fill(transformers.GPT2Model(config), 0))
    assert found["formula"] is None and found["settings"] == {"stored_positions": 50, "offset": 0}


def test_axial_positions_are_transformers_own(whole):
    config = transformers.ReformerConfig(
        vocab_size=20, hidden_size=24, axial_pos_embds_dim=[8, 16], axial_pos_shape=[3, 4], max_position_embeddings=12,
        attn_layers=["local"], num_hidden_layers=1, local_attn_chunk_length=4, attention_head_size=12, num_attention_heads=2)
    model = fill(transformers.ReformerModel(config), 0).eval()
    found = whole(model)
    theirs = model.embeddings.position_embeddings(torch.arange(12)[None])[0].detach()
    assert found["kind"] == "axial" and found["settings"]["shapes"] == [[3, 1, 8], [1, 4, 16]]
    np.testing.assert_array_equal(np.array(found["values"], "f4"), theirs)


def test_disentangled_rows_are_transformers_own(whole):
    config = transformers.DebertaV2Config(
        vocab_size=20, hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=30, relative_attention=True,
        position_buckets=4, max_relative_positions=16, pos_att_type=["c2p", "p2c"], norm_rel_ebd="layer_norm",
        position_biased_input=False, share_att_key=True)
    model = fill(transformers.DebertaV2Model(config), 0).eval()
    found = whole(model)
    assert found["kind"] == "disentangled" and found["rows"] == "distances" and found["verdict"] is None
    assert found["settings"] == {"span": 4, "buckets": 4, "maximum": 16}
    np.testing.assert_allclose(found["values"], model.encoder.get_rel_embedding().detach()[:8], atol=1e-6)


def test_rows_by_distance_are_the_stored_ones(crosswalk, whole):
    folder = ROOT / "Fixtures/transformers4/bert-relative-key"
    stored = [values for name, values in crosswalk.read(folder).items() if "distance_embedding" in name]
    found = whole(folder)
    assert found["kind"] == "relative-rows" and found["settings"]["reach"] == (len(stored[0]) - 1) // 2
    np.testing.assert_array_equal(np.array(found["values"], "f4"), stored[0])


def test_what_angles_and_slopes_are_made_of(whole):
    scaling = {"rope_type": "yarn", "rope_theta": 5000.0, "factor": 4.0, "original_max_position_embeddings": 16}
    config = transformers.LlamaConfig(**SMALL, rope_parameters=scaling)
    found = whole(fill(transformers.LlamaForCausalLM(config), 0))["settings"]
    assert (found["base"], found["pairs"], found["scaling"]["type"], found["scaling"]["factor"]) == (5000, "half", "yarn", 4)
    np.testing.assert_allclose(found["frequencies"], LlamaRotaryEmbedding(config).inv_freq, rtol=1e-6)
    config = transformers.BloomConfig(vocab_size=60, hidden_size=24, n_layer=1, n_head=6)
    biases = build_alibi_tensor(torch.ones(1, 2), 6, torch.float32).view(6, 2)
    found = whole(fill(transformers.BloomForCausalLM(config), 0))["settings"]
    np.testing.assert_allclose(found["slopes"], biases[:, 1], rtol=1e-6)


def test_every_form_says_the_same(crosswalk, tmp_path):
    model = ROOT / "Fixtures/models/transformer-translator"
    for form in ("json", "csv", "h5"):
        crosswalk("positions", model, "-o", tmp_path / f"p.{form}", "--count", 9)
    found = json.loads((tmp_path / "p.json").read_text())["tables"][0]
    records = [line.split(",") for line in (tmp_path / "p.csv").read_text().splitlines()]
    said = {what: value for _, what, position, _, value in records if not position}
    assert float(said["formula.base"]) == found["formula"]["base"] == 10000
    assert said["formula.exponent"] == "2i/d" and said["verdict.largest_with_itself"] == "true"
    with h5py.File(tmp_path / "p.h5") as file:
        values, dots = file[f"positions/{found['name']}"], file[f"dot/{found['name']}"]
        assert json.loads(values.attrs["formula"]) == found["formula"] and json.loads(values.attrs["verdict"]) == found["verdict"]
        np.testing.assert_array_equal(dots[()], np.array(found["similarity"]["dot"], "f4"))


def test_convolutions_have_no_table(crosswalk, tmp_path):
    (tmp_path / "net.json").write_text("""{"format": "crosswalk.architecture", "version": 1,
        "inputs": {"x": {"dtype": "floating", "axes": ["batch", 2, "sequence"]}},
        "nodes": [{"name": "conv", "operation": "convolution", "input": "x", "width": 2, "kernel": [3]}],
        "outputs": {"y": "conv"}}""")
    np.savez(tmp_path / "w.npz", **{"conv.weight": np.ones((2, 2, 3), "f4"), "conv.bias": np.ones(2, "f4")})
    said = crosswalk.refusal("positions", tmp_path / "w.npz", "--family", tmp_path / "net.json", "-o", tmp_path / "p.json")
    assert "no positional encoding" in said and "convolutions" in said
