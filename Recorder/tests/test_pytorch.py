"""What is recorded of torch modules."""

import json
import math

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch")
from crosswalk_recorder import RecordingError, draw, record, recording, sensitive  # noqa: E402
from torch import nn  # noqa: E402


class Handmade(nn.Module):
    """Attention as people write it themselves."""

    def __init__(self, kind="plain"):
        super().__init__()
        self.kind, self.project = kind, nn.Linear(8, 24)

    def forward(self, x, mask=None):
        q, k, v = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in self.project(x).chunk(3, -1))
        if self.kind == "fused":
            return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        scores = q @ k.mT / 2
        if self.kind == "added":
            scores = scores + torch.zeros(5, 5).masked_fill(torch.ones(5, 5).triu(1) > 0, -1e9).to(scores.dtype)
        if self.kind == "in place":
            scores += torch.full((5, 5), -torch.inf).triu(1)
        if self.kind == "filled":
            scores = scores.masked_fill(torch.ones(5, 5).triu(1) > 0, float("-inf"))
        if self.kind == "where":
            scores = torch.where(torch.ones(5, 5).tril() > 0, scores, torch.tensor(-1e4, dtype=scores.dtype))
        if self.kind == "biased":
            bias = torch.arange(25.0).reshape(1, 1, 5, 5).expand(2, 2, 5, 5).to(scores.dtype) / 25
            scores = scores + (bias + torch.full((5, 5), -1e9).triu(1))
        return (torch.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)


class Twice(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x):
        return {"first": self.block(x), "both": (self.block(self.block(x)), None)}


class Noisy(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


class Rotary(nn.Module):
    def forward(self, x):
        angles = torch.arange(float(x.shape[1])).to(x.dtype)[:, None] * 0.3
        return angles.cos(), angles.sin()


@pytest.fixture
def path(tmp_path):
    torch.manual_seed(0)
    return tmp_path / "fixture.h5"


@pytest.fixture
def x():
    return torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))


def encoder(layers=1):
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), layers, enable_nested_tensor=False)


@pytest.mark.parametrize("kind", ["plain", "fused"])
def test_attention_of_handmade_modules_is_seen(path, x, kind):
    record(Twice(Handmade(kind)), {"x": x}, path)
    with h5py.File(path) as file:
        assert list(file["attention"]) == ["block", "block@1", "block@2"]
        assert np.triu(file["attention/block"][0, 0], 1).any() == (kind == "plain")


@pytest.mark.parametrize("kind", ["plain", "fused", "added", "in place", "filled", "where", "biased"])
def test_scores_are_those_before_the_mask(path, x, kind):
    module = Twice(Handmade(kind))
    recorded = record(module, {"x": x}, path)
    q, k, _ = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in module.block.project(x).chunk(3, -1))
    expected = q @ k.mT / 2
    if kind == "biased":
        expected = expected + torch.arange(25.0).reshape(5, 5) / 25
    np.testing.assert_allclose(recorded["scores"]["block"], expected.detach(), atol=1e-6)
    with h5py.File(path) as file:
        np.testing.assert_allclose(file["float64/scores/block"][()], expected.detach(), atol=1e-6)


def test_scores_of_multihead_attention_have_no_mask(path, x):
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    inputs = {"query": x, "key": x, "value": x, "attn_mask": torch.ones(5, 5).triu(1) > 0,
              "key_padding_mask": torch.arange(10).view(2, 5) > 8}
    recorded = record(layer, inputs, path)
    q, k, _ = nn.functional.linear(x, layer.in_proj_weight, layer.in_proj_bias).chunk(3, -1)
    q, k = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in (q, k))
    np.testing.assert_allclose(recorded["scores"]["attention"], (q @ k.mT / 2).detach(), atol=1e-6)
    assert not recorded["attention"]["attention"][1, ..., 4].any()


def test_what_a_module_took_in_is_linked_where_it_is_recorded(path, x):
    record(encoder(2), {"src": x}, path)
    with h5py.File(path) as file:
        links = json.loads(file.attrs["links"])
        assert links["node_inputs/layers.0"] == "inputs/src"
        assert links["node_inputs/layers.1"] == "nodes/layers.0.norm2"
        assert links["float64/node_inputs/layers.1"] == "float64/nodes/layers.0.norm2"
        assert links["float64/node_inputs/layers.0"] == "inputs/src"
        assert file["node_inputs/layers.0"] == file["inputs/src"]
        assert "node_inputs/layers.0.norm1" not in links  # a sum that no module puts out
        assert file["node_inputs/layers.0.norm1"].shape == (2, 5, 8)
        for name, target in links.items():
            np.testing.assert_array_equal(file[name][()], file[target][()])


def test_what_is_overwritten_afterwards_is_recorded_as_it_was(path, x):
    class Overwriting(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x):
            made = self.first(x)
            made += 1
            return self.second(made)

    recorded = record(Overwriting(), {"x": x}, path, attention=False)
    assert "node_inputs/second" not in recorded["links"]
    np.testing.assert_allclose(recorded["node_inputs"]["second"], recorded["nodes"]["first"] + 1)


def test_rotary_tables_are_kept(path, x):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.rotary, self.attend = Rotary(), Handmade()

        def forward(self, x):
            self.rotary(x)
            return self.attend(x)

    recorded = record(Model(), {"x": x}, path)
    assert list(recorded["rotary"]) == ["rotary.cos", "rotary.sin"]
    assert recorded["rotary"]["rotary.sin"][1, 0] == pytest.approx(math.sin(0.3))
    with h5py.File(path) as file:
        assert file["rotary/rotary.cos"] == file["nodes/rotary"]
        assert file["float64/rotary/rotary.sin"].dtype == np.float64


def test_details_may_be_left_out(path, x):
    record(encoder(), {"src": x}, path, details=False)
    with h5py.File(path) as file:
        assert sorted(file) == ["attention", "float64", "inputs", "nodes", "outputs"] and "links" not in file.attrs


def test_outputs_have_their_own_names(path, x):
    recorded = record(Twice(Handmade()), {"x": x}, path)
    assert list(recorded["outputs"]) == ["first", "both.0"]


def test_float64_reference_is_float64_and_near(path, x):
    record(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), {"src": x}, path)
    with h5py.File(path) as file:
        single, exact = file["outputs/output"][()], file["float64/outputs/output"][()]
    assert (single.dtype, exact.dtype) == (np.float32, np.float64)
    assert 0 < abs(single - exact).max() < 1e-5


def test_multihead_attention_is_per_head_and_callers_see_no_change(path, x):
    layer = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    expected, mean = layer(x, x, x)
    recorded = record(layer, {"query": x, "key": x, "value": x}, path)
    np.testing.assert_allclose(recorded["outputs"]["output.0"], expected.detach(), atol=1e-6)
    np.testing.assert_allclose(recorded["attention"]["attention"].mean(1), mean.detach(), atol=1e-6)


def test_the_users_module_is_left_alone(path, x):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).train()
    record(layer, {"src": x}, path)
    assert layer.training and layer.linear1.weight.dtype == torch.float32
    assert not (layer._forward_hooks or layer._forward_pre_hooks or layer.self_attn._forward_hooks)


def test_randomness_is_refused(path, x):
    with pytest.raises(RecordingError, match="differs between two runs"):
        record(Noisy(), {"x": x}, path, attention=False)


def test_a_reported_table_that_no_module_computes_is_kept(path, x):
    class Reporting(nn.Module):
        def forward(self, x):
            return {"output": x, "attentions": (torch.full((2, 3, 4, 5), 0.5),)}

    recorded = record(Reporting(), {"x": x}, path)
    assert list(recorded["attention"]) == ["attentions.0"]
    assert recorded["attention"]["attentions.0"].shape == (2, 3, 4, 5)


def test_no_attention_is_refused_unless_expected(path, x):
    with pytest.raises(RecordingError, match="no attention"):
        record(nn.Linear(8, 2), {"input": x}, path)
    record(nn.Linear(8, 2), {"input": x}, path, attention=False)


def test_dotted_names_are_one_link(path, x):
    record(encoder(), {"src": x}, path)
    with h5py.File(path) as file:
        assert "layers.0.self_attn" in list(file["attention"])
        assert file.attrs["format"] == "crosswalk.trace"


# MARK: calls made elsewhere


def test_the_call_made_inside_is_recorded(path, x):
    model = encoder().eval()
    expected = model(x, mask=None, src_key_padding_mask=torch.arange(10).view(2, 5) > 8)
    with recording(model, path):
        made = model(x, src_key_padding_mask=torch.arange(10).view(2, 5) > 8)
    torch.testing.assert_close(made, expected)
    with h5py.File(path) as file:
        assert sorted(file["inputs"]) == ["src", "src_key_padding_mask"]
        np.testing.assert_allclose(file["outputs/output"][()], expected.detach(), atol=1e-5)
    assert not model._forward_pre_hooks


def test_one_call_of_several_is_chosen(path, x):
    model = encoder()
    with pytest.raises(RecordingError, match="called 2 times"):
        with recording(model, path):
            model(x), model(2 * x)
    with recording(model, path, call=1):
        model(x), model(2 * x)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["inputs/src"][()], 2 * x)
    with pytest.raises(RecordingError, match="not called"):
        with recording(model, path):
            pass


# MARK: sensitive weights, drawn inputs


@pytest.fixture
def bert():
    transformers = pytest.importorskip("transformers")
    return transformers.BertModel(transformers.BertConfig(
        vocab_size=60, hidden_size=32, intermediate_size=44, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=64))


def test_inputs_are_drawn_from_the_config(bert, path):
    inputs = draw(bert, 3)
    assert inputs["input_ids"].shape == (3, 48) and inputs["input_ids"].max() < 60
    assert sorted(inputs["attention_mask"].sum(1)) != [48] * 3 and len(set(inputs["attention_mask"].sum(1))) == 3
    assert set(np.unique(inputs["token_type_ids"])) == {0, 1}
    assert all(np.array_equal(values, inputs[name]) for name, values in draw(bert, 3).items())
    assert not np.array_equal(draw(bert, 4)["input_ids"], inputs["input_ids"])
    record(bert, path=path)
    with pytest.raises(RecordingError, match="give inputs"):
        draw(nn.Linear(2, 2))


def test_sensitive_weights_sharpen_attention(bert, path):
    inputs = draw(bert)
    flat = record(bert, inputs, path)["scores"]["encoder.layer.0.attention.self"].std(-1).mean()
    sensitive(bert, inputs)
    sharp = record(bert, inputs, path)["scores"]["encoder.layer.0.attention.self"]
    assert flat < 0.1 and 1.5 < sharp.std(-1).mean() < 2.1
    gamma = bert.encoder.layer[0].output.LayerNorm.weight
    assert 0.1 < gamma.std() < 0.3 and bert.encoder.layer[0].output.LayerNorm.bias.std() > 0.1
