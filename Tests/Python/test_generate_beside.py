"""`generate` for models that transformers does not know: beside their own loops of generation."""

import importlib.util
import json
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from systems import translation

ADDED = 10
"""As many words as the tutorial's decoder makes when it is told none."""


def generated(crosswalk, folder, inputs, *options):
    path = folder.parent / "prompt.json" if folder.is_file() else folder / "prompt.json"
    path.write_text(json.dumps({name: np.asarray(values).tolist() for name, values in inputs.items()}))
    report = crosswalk.json("generate", folder, "--inputs", path, "--max-new-tokens", ADDED, *options)
    return [sequence["ids"] for sequence in report["sequences"]], report


PAIRS = {system.name: system for system in translation.SYSTEMS}


@pytest.mark.parametrize("name", ["no attention, GRU", "no attention, LSTM of two layers", "Bahdanau"])
def test_a_recurrent_decoder_that_reads_its_own_words(name, crosswalk, tmp_path):
    """What it finds likeliest, step by step, and what each step looked at."""
    torch.manual_seed(0)
    PAIRS[name].make(tmp_path)
    decoder = {"Bahdanau": translation.AttnDecoderRNN}.get(name, translation.DecoderRNN)
    kind = (torch.nn.LSTM, 2) if "LSTM" in name else ()
    model = translation.Pair(translation.EncoderRNN(translation.SOURCES, translation.WIDTH, *kind),
                             decoder(translation.WIDTH, translation.TARGETS, *kind)).eval()
    model.load_state_dict(load_file(tmp_path / "model.safetensors"))
    source = torch.tensor([[4, 9, 2, 7, 1], [3, 3, 8, 1, 1]])
    words = torch.zeros(2, ADDED, dtype=torch.long)
    for step in range(ADDED):  # which words are likeliest, a step's word being what the next reads
        with torch.no_grad():
            outputs, _, tables = model(source, words)
        words[:, step] = outputs[:, step].argmax(-1)
    trace = tmp_path / "trace.h5"
    ids, report = generated(crosswalk, tmp_path, {"input_tensor": source}, "--begin", translation.START, "-o", trace, "--capture", "all")
    assert [row[1:] for row in ids] == words.tolist()
    assert not report["cached"]
    if tables is None:
        return
    with h5py.File(trace) as file:
        np.testing.assert_allclose(file["attention/decoder.attention"][:, 0], tables, atol=2e-5)
    for ending in ("json", "html", "png"):
        crosswalk("attention", trace, "-o", tmp_path / f"attention.{ending}")
        assert (tmp_path / f"attention.{ending}").stat().st_size > 500
    drawn = json.loads((tmp_path / "attention.json").read_text())["tables"]
    assert [(table["kind"], len(table["queries"]), table["keys"]) for table in drawn] == [
        ("cross", ADDED, [str(word) for word in row]) for row in source.tolist()]


def test_beams_of_a_recurrent_decoder_are_ranked_by_what_a_pass_gives(crosswalk, tmp_path):
    torch.manual_seed(0)
    PAIRS["Bahdanau"].make(tmp_path)
    ids, report = generated(crosswalk, tmp_path, {"input_tensor": [[4, 9, 2, 7, 1]]}, "--begin", translation.START, "--beams", 4, "--sequences", 4,
                            "--length-penalty", 0)
    rows = np.array(ids)
    (tmp_path / "given.json").write_text(json.dumps({"input_tensor": [[4, 9, 2, 7, 1]] * 4, "decoder_input": rows[:, :-1].tolist()}))
    crosswalk("run", tmp_path, "--inputs", tmp_path / "given.json", "--output", tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        logarithms = file["outputs/decoder_outputs"][()]
    sums = np.take_along_axis(logarithms, rows[:, 1:, None], 2)[..., 0].sum(1)
    assert [sequence["score"] for sequence in report["sequences"]] == pytest.approx(sums.tolist(), abs=1e-4)
    assert sums.tolist() == sorted(sums, reverse=True) and len({tuple(row) for row in ids}) == 4


needs_hub = pytest.mark.skipif(importlib.util.find_spec("keras_hub") is None and os.environ.get("CI") != "true", reason="KerasHub is not installed")
SMALL = dict(vocabulary_size=40, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=12)


def randomised(model):
    generator = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(generator.normal(0, 0.4, weight.shape) + (weight.path.endswith("gamma") * 0.6))
    model.compile(sampler="greedy")
    return model


@needs_hub
def test_a_causal_language_model_of_keras_hub(crosswalk, tmp_path):
    import keras_hub
    model = randomised(keras_hub.models.GPT2CausalLM(backbone=keras_hub.models.GPT2Backbone(**SMALL, max_sequence_length=24, dropout=0.0)))
    prompt = np.array([[5, 7, 11, 2], [9, 1, 33, 20]])
    length = prompt.shape[1] + ADDED
    tokens = np.pad(prompt, ((0, 0), (0, ADDED)))
    theirs = model.generate({"token_ids": tokens, "padding_mask": tokens != 0}, stop_token_ids=None)["token_ids"]
    model.save_to_preset(str(tmp_path / "preset"))
    ids, report = generated(crosswalk, tmp_path / "preset", {"token_ids": prompt})
    assert report["cached"] and ids == np.asarray(theirs)[:, :length].tolist()


@needs_hub
def test_a_sequence_to_sequence_model_of_keras_hub(crosswalk, tmp_path):
    import keras_hub
    model = randomised(keras_hub.models.BartSeq2SeqLM(backbone=keras_hub.models.BartBackbone(**SMALL, max_sequence_length=24, dropout=0.0)))
    source = np.array([[5, 7, 11, 2, 6], [9, 3, 33, 1, 1]])
    begun = np.full((2, 1), 2)
    tokens = np.pad(begun, ((0, 0), (0, ADDED)), constant_values=1)
    theirs = model.generate({"encoder_token_ids": source, "encoder_padding_mask": source != 1, "decoder_token_ids": tokens,
                             "decoder_padding_mask": tokens != 1}, stop_token_ids=None)["decoder_token_ids"]
    model.save_to_preset(str(tmp_path / "preset"))
    ids, report = generated(crosswalk, tmp_path / "preset", {"encoder_token_ids": source, "encoder_padding_mask": (source != 1).astype(int)}, "--begin", 2)
    assert report["cached"] and ids == np.asarray(theirs).tolist()
