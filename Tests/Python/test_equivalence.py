"""What is not equal and cannot matter: queries and keys in another order with the rotary pairs that go with it."""

import numpy as np
import pytest
import torch
from crosswalk_recorder import record
from crosswalk_recorder.sensitive import fill
from faults.catalogue import nodes
from faults.inject import Patient
from transformers import LlamaConfig, LlamaForCausalLM

HEADS, WIDTH = 2, 8


def pairs_in_turn(weight):
    """The rows of each head with its halves side by side, as Meta stores them."""
    return weight.reshape(-1, 2, WIDTH // 2, weight.shape[-1]).swapaxes(1, 2).reshape(weight.shape)


@pytest.fixture(scope="module")
def recorded(crosswalk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("llama")
    model = fill(LlamaForCausalLM(LlamaConfig(vocab_size=32, hidden_size=HEADS * WIDTH, intermediate_size=20, num_hidden_layers=2, num_attention_heads=HEADS,
                                              num_key_value_heads=HEADS, max_position_embeddings=32, attn_implementation="eager")), 3)
    model.save_pretrained(folder)
    record(model.eval(), {"input_ids": torch.arange(4, 28).view(2, 12)}, folder / "fixture.h5")
    crosswalk("convert", folder, folder / "native.h5")
    return folder


@pytest.mark.parametrize("consistent", [True, False])
def test_rotary_pairs_and_rows_go_together(consistent, recorded, crosswalk, tmp_path):
    with Patient(recorded / "native.h5", tmp_path / "patient.h5") as patient:
        for node in nodes(patient.architecture["nodes"]):
            if node["operation"] == "rotary":
                node["pairs"] = "interleaved"
        for name in patient.parameters():
            if name.endswith("query.weight") or consistent and name.endswith("key.weight"):
                patient.parameter(name, pairs_in_turn)
    command = ("verify", tmp_path / "patient.h5", recorded / "fixture.h5")
    report = crosswalk.json(*command, status=0 if consistent else 1)
    assert report["verdict"] == ("equivalent" if consistent else "differs")
    if consistent:
        moved = [row["name"] for row in report["rows"] if row["verdict"] == "equivalent"]
        assert moved and all("query" in name or "key" in name for name in moved)
        assert np.all(["another order" in row["note"] for row in report["rows"] if row["verdict"] == "equivalent"])
        crosswalk(*command, "--strict", status=1)
