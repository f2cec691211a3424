"""Checkpoints as fairseq saves them: the model is found among all that training keeps, and how it was made among the arguments."""

import argparse
import sys
import types

import pytest
import torch
from crosswalk_recorder import record
from safetensors.torch import load_file
from systems.attention2017 import HEADS, PAD, SOURCES, TARGETS, WIDTH, FairseqModel
from systems.recurrent import ids
from crosswalk_recorder.sensitive import fill

NODE = {"_name": None, "embed_path": None, "embed_dim": WIDTH, "ffn_embed_dim": 20, "layers": 2, "attention_heads": HEADS,
        "normalize_before": False, "learned_pos": False, "layerdrop": 0, "layers_to_keep": None}
SHARED = {"activation_fn": "relu", "dropout": 0.3, "attention_dropout": 0.0, "activation_dropout": 0.0, "max_source_positions": 1024,
          "max_target_positions": 1024, "share_all_embeddings": False, "share_decoder_input_output_embed": False, "no_scale_embedding": False,
          "no_token_positional_embeddings": False, "layernorm_embedding": False, "no_cross_attention": False, "cross_self_attention": False,
          "adaptive_softmax_cutoff": None, "adaptive_softmax_dropout": 0, "tie_adaptive_weights": False, "adaptive_input": False}
FLAT = {**SHARED, **{f"{stack}_{key}": value for stack in ("encoder", "decoder") for key, value in NODE.items() if not key.startswith("_")}}
NESTED = {"_name": "transformer", **SHARED, "encoder": NODE, "decoder": {**NODE, "input_dim": WIDTH, "output_dim": WIDTH},
          "quant_noise": {"_name": None, "pq": 0.0, "pq_block_size": 8, "scalar": 0.0}, "checkpoint_activations": False, "base_layers": 0}
TRAINING = {"optimizer": "adam", "lr": [5e-4], "adam_betas": "(0.9, 0.98)", "criterion": "label_smoothed_cross_entropy", "task": "translation",
            "source_lang": "de", "target_lang": "en", "data": "data-bin", "left_pad_source": "True", "max_tokens": 4096, "user_dir": None,
            "save_dir": "checkpoints", "update_freq": [1], "fp16": False}


def omega(module, name, **state):
    """An object of one of OmegaConf's classes by its module and name, without the package."""
    made = sys.modules[module]
    if not hasattr(made, name):
        setattr(made, name, type(name, (), {"__module__": module}))
    thing = getattr(made, name)()
    thing.__dict__.update(state)
    return thing


def conf(value, parent=None):
    """A value as OmegaConf holds it: each node knows the one that it is in."""
    if not isinstance(value, dict):
        return omega("omegaconf.nodes", "AnyNode", _metadata=omega("omegaconf.base", "Metadata", key=None), _parent=parent, _val=value)
    node = omega("omegaconf.dictconfig", "DictConfig", _metadata=omega("omegaconf.base", "ContainerMetadata", flags={}), _parent=parent)
    node._content = {key: conf(item, node) for key, item in value.items()}
    return node


FORMS = {
    "arguments": lambda: {"args": argparse.Namespace(arch="transformer_iwslt_de_en", **FLAT, **TRAINING)},
    "legacy": lambda: {"args": argparse.Namespace(arch="transformer_iwslt_de_en", **FLAT, **TRAINING)},
    "namespace": lambda: {"args": None, "cfg": {"_name": None, "common": {"seed": 1}, "model": argparse.Namespace(
        _name="transformer_iwslt_de_en", arch="transformer_iwslt_de_en", **FLAT, **TRAINING)}, "task_state": {}},
    "nested": lambda: {"args": None, "cfg": {"_name": None, "model": NESTED, "task": {"_name": "translation"}}, "task_state": {}},
    "omegaconf": lambda: {"args": None, "cfg": conf({"_name": None, "model": {"_name": "transformer", **FLAT}, "task": {"_name": "translation"}})},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with an optimiser's state beside it, and what it computes."""
    model = FairseqModel()
    optimizer = torch.optim.Adam(model.parameters())
    sum((parameter ** 2).sum() for parameter in model.parameters()).backward()
    optimizer.step()
    fill(model, 0, embeddings=0.5, matrices=1.2)
    source, target = ids(3, 7, below=SOURCES - 2) + 2, ids(3, 5, below=TARGETS - 2, seed=1) + 2
    source[0, :2], target[1, 4:] = PAD, PAD
    fixture = tmp_path_factory.mktemp("fairseq") / "fixture.h5"
    record(model, {"src_tokens": source, "prev_output_tokens": target}, fixture, float64=())
    beside = {"criterion": None, "last_optimizer_state": optimizer.state_dict(),
              "optimizer_history": [{"criterion_name": "LabelSmoothedCrossEntropyCriterion", "optimizer_name": "FairseqAdam",
                                     "lr_scheduler_state": {"best": 4.1}, "num_updates": 100}],
              "extra_state": {"metrics": {"default": [(0, "loss", "AverageMeter", {"val": 1.0, "sum": torch.tensor(2.0), "count": 3})]},
                              "train_iterator": {"epoch": 1, "iterations_in_epoch": 2}, "val_loss": 3.2}}
    return model, fixture, beside


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_says_how_its_model_was_made(form, model, crosswalk, tmp_path, monkeypatch):
    for name in ("omegaconf", "omegaconf.base", "omegaconf.nodes", "omegaconf.dictconfig"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    model, fixture, beside = model
    path = tmp_path / "checkpoint_best.pt"
    torch.save({**FORMS[form](), "model": model.state_dict(), **beside}, path, _use_new_zipfile_serialization=form != "legacy")
    report = crosswalk.json("verify", path, fixture)
    assert report["verdict"] in ("identical", "close") and not report["missing"]
    native, back = tmp_path / "native.h5", tmp_path / "back.safetensors"
    account = crosswalk.json("convert", path, native)["account"]
    assert not account.get("unused")
    crosswalk("convert", native, back, "--to", "source")
    found = load_file(back)
    for name, tensor in model.state_dict().items():
        assert torch.equal(found[f"model.{name}"], tensor), name


def test_what_the_arguments_say_counts(model, crosswalk, tmp_path):
    model, fixture, beside = model
    path = tmp_path / "checkpoint.pt"
    said = argparse.Namespace(arch="transformer", **{**FLAT, "no_scale_embedding": True})
    torch.save({"args": said, "model": model.state_dict(), **beside}, path)
    assert crosswalk.json("verify", path, fixture, status=1)["verdict"] == "differs"
    said.cross_self_attention = True
    torch.save({"args": said, "model": model.state_dict(), **beside}, path)
    assert "cross_self_attention" in crosswalk.refusal("verify", path, fixture)
