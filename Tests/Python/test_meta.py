"""Llama as Meta gives it: other names, another order of rotary pairs, and params.json."""

import json

import pytest
import torch
import transformers
from crosswalk_recorder import record
from crosswalk_recorder.sensitive import fill
from safetensors.torch import load_file

NAMES = {"model.embed_tokens": "tok_embeddings", "model.norm": "norm", "lm_head": "output"}
LAYER = {"self_attn.q_proj": "attention.wq", "self_attn.k_proj": "attention.wk", "self_attn.v_proj": "attention.wv",
         "self_attn.o_proj": "attention.wo", "mlp.gate_proj": "feed_forward.w1", "mlp.up_proj": "feed_forward.w3",
         "mlp.down_proj": "feed_forward.w2", "input_layernorm": "attention_norm",
         "post_attention_layernorm": "ffn_norm"}


def metas(tensors, heads, key_value_heads):
    """Their tensors as Meta names them, with pairs of neighbours for halves."""
    named = {}
    for name, tensor in tensors.items():
        stem = name.removesuffix(".weight")
        if stem.startswith("model.layers."):
            number, rest = stem.removeprefix("model.layers.").split(".", 1)
            count = {"self_attn.q_proj": heads, "self_attn.k_proj": key_value_heads}.get(rest)
            if count:
                rows, width = tensor.shape
                tensor = tensor.view(count, 2, rows // count // 2, width).transpose(1, 2).reshape(rows, width)
            stem = f"layers.{number}.{LAYER[rest]}"
        else:
            stem = NAMES[stem]
        named[stem + ".weight"] = tensor.contiguous()
    return named


@pytest.fixture
def model():
    config = transformers.LlamaConfig(
        vocab_size=60, hidden_size=32, intermediate_size=44, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, rms_norm_eps=1e-4, max_position_embeddings=64)
    return fill(transformers.LlamaForCausalLM(config), 3)


def params(**more):
    return {"dim": 32, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2, "vocab_size": -1, "multiple_of": 4,
            "norm_eps": 1e-4, **more}


def test_meta_names_and_pairs_give_the_same_model(crosswalk, model, tmp_path):
    theirs, ours = tmp_path / "meta", tmp_path / "transformers"
    theirs.mkdir()
    model.save_pretrained(ours)
    torch.save({**metas(model.state_dict(), 4, 2), "rope.freqs": torch.ones(4)}, theirs / "consolidated.00.pth")
    (theirs / "params.json").write_text(json.dumps(params()))
    record(model, {"input_ids": torch.arange(5, 25).view(2, 10)}, tmp_path / "fixture.h5")
    crosswalk("verify", theirs, tmp_path / "fixture.h5")
    assert crosswalk.json("diff", theirs, ours)["verdict"] == "identical"


def test_each_dialect_is_written_from_the_other(crosswalk, model, tmp_path):
    model.save_pretrained(tmp_path / "transformers")
    crosswalk("convert", tmp_path / "transformers", tmp_path / "meta.pth", "--to", "meta")
    written, expected = torch.load(tmp_path / "meta.pth"), metas(model.state_dict(), 4, 2)
    assert written.keys() == expected.keys()
    assert all(torch.equal(written[name], expected[name]) for name in expected)
    (tmp_path / "params.json").write_text(json.dumps(params()))
    crosswalk("convert", tmp_path / "meta.pth", tmp_path / "back.safetensors", "--to", "pytorch")
    back = load_file(tmp_path / "back.safetensors")
    assert all(torch.equal(back[name], tensor) for name, tensor in model.state_dict().items())


def test_scaled_rope_means_the_numbers_of_metas_code(crosswalk, model, tmp_path):
    torch.save(metas(model.state_dict(), 4, 2), tmp_path / "consolidated.00.pth")
    (tmp_path / "params.json").write_text(json.dumps(params(rope_theta=500000.0, use_scaled_rope=True)))
    text = crosswalk("architecture", tmp_path)
    assert '"type": "llama3"' in text and '"original_max_position_embeddings": 8192' in text
