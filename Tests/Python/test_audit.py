"""What a fixture would show of known faults, and what rounded weights are called."""

import pytest
import torch
from conftest import MODELS
from crosswalk_recorder import record
from crosswalk_recorder.sensitive import fill
from test_schemas import validate
from transformers import BertConfig, BertModel


@pytest.fixture(scope="module")
def audits(crosswalk, tmp_path_factory):
    """The audits of one architecture with plain weights and one row, and with sensitive weights and padding."""
    found = {}
    for kind in ("plain", "sensitive"):
        torch.manual_seed(0)
        config = BertConfig(vocab_size=24, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, max_position_embeddings=16,
                            attn_implementation="eager")
        model = BertModel(config, add_pooling_layer=False).eval()
        inputs = {"input_ids": torch.arange(3, 13)[None], "attention_mask": torch.ones(1, 10, dtype=torch.int64)}
        if kind == "sensitive":
            fill(model, 3)
            inputs = {"input_ids": torch.arange(3, 23).view(2, 10), "attention_mask": torch.tensor([[1] * 10, [1] * 6 + [0] * 4]),
                      "token_type_ids": torch.arange(20).view(2, 10) % 2}
        folder = tmp_path_factory.mktemp(kind)
        model.save_pretrained(folder)
        record(model, inputs, folder / "fixture.h5")
        found[kind] = (folder, crosswalk.json("verify", folder, folder / "fixture.h5", "--audit"))
        validate(found[kind][1], "audit")
    return found


def test_plain_weights_hide_faults_and_it_is_said_which(audits, crosswalk):
    folder, report = audits["plain"]
    survived = {(fault["cause"], fault["reason"]) for fault in report["faults"] if fault["fate"] == "survived"}
    assert ("bias", "the bias is all zeros") in survived
    assert ("left-out", "the factor is 1 everywhere") in survived
    assert ("exchanged", "both hold the same numbers, such as ones or zeros") in survived
    assert ("mask", "nothing is hidden in these inputs: no row is padded") in survived
    assert report["score"] == report["killed"] / (report["killed"] + report["survived"]) < 0.95
    said = crosswalk("verify", folder, folder / "fixture.h5", "--audit", "--min-score", "99", status=1)
    assert "the bias is all zeros" in said


def test_sensitive_weights_show_nearly_all(audits):
    report = audits["sensitive"][1]
    assert report["score"] > 0.97
    assert not [fault for fault in report["faults"] if fault["fate"] == "survived" and fault["cause"] != "epsilon"]


def test_an_audit_needs_a_model_that_is_right(audits, crosswalk):
    said = crosswalk.run("verify", audits["plain"][0], audits["sensitive"][0] / "fixture.h5", "--audit", status=2)[1]
    assert "an audit needs one that does" in said and "verify --diagnose" in said


@pytest.mark.parametrize("dtype, word", [("bf16", "bfloat16"), ("f16", "float16")])
def test_rounded_weights_are_called_that(dtype, word, crosswalk, tmp_path):
    model = MODELS / "gpt2-lm"
    crosswalk("convert", model, tmp_path / "rounded.h5", "--dtype", dtype)
    report = crosswalk.json("verify", tmp_path / "rounded.h5", model / "fixture.h5", "--diagnose", status=1)
    validate(report, "difference")
    assert report["class"] == word and {row["class"] for row in report["rows"] if row["verdict"] == "differs"} == {word}
    assert [cause["cause"] for cause in report["diagnosis"]["causes"]] == ["rounded-weights"]
    assert "diagnosis" not in crosswalk.json("verify", model, model / "fixture.h5", "--diagnose")
