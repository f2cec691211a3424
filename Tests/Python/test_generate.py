"""What `generate` makes, token for token beside transformers' own generate."""

import copy
import json
import os
import shutil

import h5py
import pytest
import torch
import transformers
from crosswalk_recorder.sensitive import fill
from families import all_cases
from families.translators import spectrograms
from test_schemas import validate
from transformers import GenerationMixin

PROMPT = 7
STACKS = {"decoder_layers": "encoder_layers", "num_decoder_layers": "num_layers"}
"""transformers makes as many caches for a decoder as the config's layers, which are the encoder's."""


NAMED = ["gemma2", "falcon-biases", "gpt_neo-untied", "mpt-clipped"]
"""Cases beside the first of each family: sliding windows, and biases of distance."""


def generates(name):
    """Whether a class's own generate is transformers' common one, for tokens."""
    kind = getattr(transformers, name)
    return issubclass(kind, GenerationMixin) and kind.can_generate() and name.endswith(
        ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "MTModel"))


def generating():
    """Of each family one case of a class that generates, and those that are named; GENERATE_ALL has all."""
    families = set()
    for case in all_cases():
        for name in filter(generates, case.classes if case.family != "xlnet" else ()):
            if case.family not in families or case.label in NAMED or "GENERATE_ALL" in os.environ:
                families.add(case.family)
                yield pytest.param(case, name, id=f"{case.label}-{name}")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Models by their cases, saved once."""
    made = {}

    def make(case, class_name):
        if (case.label, class_name) not in made:
            torch.manual_seed(3)
            settings = dict(case.settings)
            for decoder, stack in STACKS.items():
                if decoder in settings:
                    settings[decoder] = settings[stack]
            model = fill(getattr(transformers, class_name)(getattr(transformers, case.config)(**settings)), 3)
            if case.change:
                case.change(model)
            folder = tmp_path_factory.mktemp("model")
            model.save_pretrained(folder)
            made[case.label, class_name] = getattr(transformers, class_name).from_pretrained(folder), folder
        return made[case.label, class_name]
    return make


def prompts(model, rows):
    """Prompts of ids; from the second row on padded, on the left where a decoder stands alone."""
    if model.main_input_name == "input_features" and model.config.is_encoder_decoder:
        return {"input_features": spectrograms(model)["input_features"][:rows]}
    generator = torch.Generator().manual_seed(rows)
    config = model.config.get_text_config()
    ids = torch.randint(4, config.vocab_size - 1, (rows, PROMPT), generator=generator)
    mask = torch.ones_like(ids)
    for row in range(1, rows):
        padding = slice(0, row) if not model.config.is_encoder_decoder else slice(PROMPT - row, PROMPT)
        mask[row, padding], ids[row, padding] = 0, config.pad_token_id or 0
    return {"input_ids": ids} if rows == 1 else {"input_ids": ids, "attention_mask": mask}


def written(inputs, folder):
    path = (folder if folder.is_dir() else folder.parent) / "inputs.json"
    path.write_text(json.dumps({name: tensor.tolist() for name, tensor in inputs.items()}))
    return path


def theirs(model, inputs, **settings):
    """The ids and, of beams, the scores that transformers gives."""
    model.generation_config.return_dict_in_generate = model.generation_config.output_scores = True
    with torch.no_grad():
        given = GenerationMixin.generate(model, **inputs, **settings)
    return given.sequences.tolist(), getattr(given, "sequences_scores", None)


def ours(crosswalk, folder, inputs, settings, *options):
    flags = [word for key, value in settings.items() for word in ["--generation", f"{key}={json.dumps(value)}"]]
    report = crosswalk.json("generate", folder, "--inputs", written(inputs, folder), *flags, *options)
    scores = [sequence.get("score") for sequence in report["sequences"]]
    return [sequence["ids"] for sequence in report["sequences"]], scores, report


def check(crosswalk, model, folder, rows, settings, *options):
    inputs = prompts(model, rows)
    ids, scores = theirs(model, inputs, **settings)
    found, own_scores, report = ours(crosswalk, folder, inputs, settings, *options)
    assert found == ids
    if scores is not None:
        assert own_scores == pytest.approx(scores.tolist(), abs=1e-4)
    return report


SETTINGS = {
    "greedy": (1, dict(max_new_tokens=14)),
    "padded": (3, dict(max_new_tokens=14)),
    "beams": (2, dict(max_new_tokens=12, num_beams=4)),
    "short": (3, dict(max_new_tokens=12, num_beams=4, length_penalty=0.3, early_stopping=True, num_return_sequences=3)),
    "long": (2, dict(max_new_tokens=12, num_beams=3, length_penalty=2.0, early_stopping="never", num_return_sequences=2)),
}


@pytest.mark.parametrize("mode", SETTINGS)
@pytest.mark.parametrize(("case", "class_name"), list(generating()))
def test_tokens(case, class_name, mode, saved, crosswalk):
    model, folder = saved(case, class_name)
    rows, settings = SETTINGS[mode]
    report = check(crosswalk, model, folder, rows, settings)
    assert report["cached"]
    if mode == "padded":
        assert not check(crosswalk, model, folder, rows, settings, "--no-cache")["cached"]


CASES = {case.label: case for case in all_cases()}
DECODER, PAIR = ("gpt2", "GPT2LMHeadModel"), ("bart", "BartForConditionalGeneration")
RULES = {
    "repetition": dict(repetition_penalty=1.7),
    "repeats": dict(no_repeat_ngram_size=2),
    "repeats-one": dict(no_repeat_ngram_size=1),
    "source-repeats": dict(encoder_no_repeat_ngram_size=2),
    "words": dict(bad_words_ids=[[5], [6, 7], [33, 33]]),
    "suppressed": dict(suppress_tokens=list(range(10, 40)), begin_suppress_tokens=[41, 42, 43, 44, 45]),
    "least": dict(min_new_tokens=9, eos_token_id=list(range(30))),
    "length": dict(min_length=9, max_length=16, max_new_tokens=None, eos_token_id=list(range(0, 60, 2))),
    "usual-length": dict(max_new_tokens=None),
    "forced": dict(forced_bos_token_id=11, forced_eos_token_id=12),
    "forced-several": dict(forced_eos_token_id=[12, 30, 7], num_return_sequences=1),
    "renormalized": dict(renormalize_logits=True, suppress_tokens=[33, 35]),
    "ends": dict(eos_token_id=list(range(0, 60, 3)), pad_token_id=59),
    "no-padding": dict(eos_token_id=list(range(0, 60, 3)), pad_token_id=0),
}


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", [DECODER, PAIR], ids=["decoder", "pair"])
def test_rules(kind, rule, beams, saved, crosswalk):
    model, folder = saved(CASES[kind[0]], kind[1])
    settings = {key: value for key, value in {"max_new_tokens": 10, **RULES[rule], "num_beams": beams}.items() if value is not None}
    check(crosswalk, model, folder, 2, settings)


@pytest.mark.parametrize(("early", "penalty"), [(early, penalty) for early in (True, False, "never") for penalty in (-0.5, 0.0, 1.0, 1.6)])
def test_beams_that_end(early, penalty, saved, crosswalk):
    model, folder = saved(CASES["bart"], PAIR[1])
    check(crosswalk, model, folder, 3, dict(
        max_new_tokens=20, num_beams=4, num_return_sequences=4, early_stopping=early, length_penalty=penalty, eos_token_id=[2, 7, 21, 33]))


def test_what_the_files_say(saved, crosswalk, tmp_path):
    model, folder = saved(CASES["bart"], PAIR[1])
    files = tmp_path / "model"
    shutil.copytree(folder, files)
    settings = dict(max_length=13, num_beams=3, forced_bos_token_id=9, bad_words_ids=[[5]], decoder_start_token_id=2,
                    pad_token_id=1, eos_token_id=2, forced_eos_token_id=2)
    inputs = prompts(model, 2)
    ids, _ = theirs(model, inputs, **settings)
    (files / "generation_config.json").write_text(json.dumps({**settings, "transformers_version": "5.0.0"}))
    assert ours(crosswalk, files, inputs, {})[0] == ids
    native = tmp_path / "native.h5"
    crosswalk("convert", files, native, "--force")
    assert ours(crosswalk, native, inputs, {})[0] == ids
    for target in ("source", "pytorch"):
        back = tmp_path / target
        crosswalk("convert", native, back, "--to", target)
        assert json.loads((back / "generation_config.json").read_text()) == json.loads((files / "generation_config.json").read_text())
    copied = tmp_path / "copied"
    crosswalk("convert", files, copied, "--to", "same")
    assert ours(crosswalk, copied, inputs, {})[0] == ids
    (files / "generation_config.json").unlink()
    config = json.loads((files / "config.json").read_text())
    (files / "config.json").write_text(json.dumps({**config, **settings}))
    assert ours(crosswalk, files, inputs, {})[0] == ids


def test_a_decoder_that_is_given_its_beginning(saved, crosswalk):
    model, folder = saved(CASES["bart"], PAIR[1])
    for first in ([[2, 9, 10], [2, 11, 12]], [[9, 10], [11, 12]]):
        inputs = {**prompts(model, 2), "decoder_input_ids": torch.tensor(first)}
        for beams in (1, 3):
            settings = dict(max_new_tokens=8, num_beams=beams)
            assert ours(crosswalk, folder, inputs, settings)[0] == theirs(model, inputs, **settings)[0]


def test_whispers_own_generate_leaves_out_the_beginning(saved, crosswalk):
    model, folder = saved(CASES["whisper"], "WhisperForConditionalGeneration")
    inputs = prompts(model, 2)
    plain = model.generate(**inputs, max_new_tokens=10, return_dict_in_generate=False, output_scores=False)
    report = ours(crosswalk, folder, inputs, dict(max_new_tokens=10))[2]
    assert [sequence["ids"][report["prompt"]:] for sequence in report["sequences"]] == plain.tolist()


@pytest.mark.parametrize("scaling", [
    {"rope_type": "dynamic", "factor": 3.0}, {"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 10},
    {"rope_type": "longrope", "factor": 3.0, "original_max_position_embeddings": 10, "short_factor": [1.0, 1.1, 1.2, 1.3], "long_factor": [1.0, 2.0, 3.0, 4.0]}],
    ids=lambda scaling: scaling["rope_type"])
def test_positions_that_change_with_the_length(scaling, crosswalk, tmp_path):
    kind, config = ("Phi3ForCausalLM", "Phi3Config") if scaling["rope_type"] == "longrope" else ("LlamaForCausalLM", "LlamaConfig")
    own = {key: value for key, value in scaling.items() if key != "original_max_position_embeddings"} if kind[0] == "P" else scaling
    settings = dict(vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=40,
                    max_position_embeddings=30 if kind[0] == "P" else 12, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                    rope_parameters={"rope_theta": 100.0, **own})
    if kind[0] == "P":
        settings["original_max_position_embeddings"] = 10
    torch.manual_seed(1)
    model = fill(getattr(transformers, kind)(getattr(transformers, config)(**settings)), 1)
    model.save_pretrained(tmp_path)
    model = getattr(transformers, kind).from_pretrained(tmp_path)
    check(crosswalk, model, tmp_path, 1, dict(max_new_tokens=15))
    check(crosswalk, model, tmp_path, 2, dict(max_new_tokens=15, num_beams=3))


def test_double_precision(saved, crosswalk):
    model, folder = saved(CASES["gpt2"], DECODER[1])
    inputs = prompts(model, 2)
    settings = dict(max_new_tokens=12, num_beams=4)
    ids, scores = theirs(copy.deepcopy(model).double(), inputs, **settings)
    found, own, _ = ours(crosswalk, folder, inputs, settings, "--precision", "float64")
    assert found == ids and own == pytest.approx(scores.tolist(), abs=2e-6)


def test_attention_of_every_step(saved, crosswalk, tmp_path):
    model, folder = saved(CASES["bart"], PAIR[1])
    model.set_attn_implementation("eager")
    inputs = prompts(model, 2)
    with torch.no_grad():
        given = GenerationMixin.generate(
            model, **inputs, max_new_tokens=9, min_new_tokens=9, output_attentions=True, return_dict_in_generate=True)
    model.set_attn_implementation("sdpa")
    trace = tmp_path / "trace.h5"
    crosswalk("generate", folder, "--inputs", written(inputs, tmp_path), "--max-new-tokens", 9, "--min-new-tokens", 9,
              "-o", trace, "--capture", "*attention*")
    with h5py.File(trace) as file:
        assert file["outputs/sequences"][()].tolist() == given.sequences.tolist()
        for layer in range(len(given.cross_attentions[0])):
            cross = file[f"attention/decoder.layers.{layer}.cross_attention"][()]
            own = file[f"attention/decoder.layers.{layer}.attention"][()]
            for step in range(9):
                assert abs(cross[:, :, step] - given.cross_attentions[step][layer][:, :, -1].numpy()).max() < 2e-5
                assert abs(own[:, :, step, :step + 1] - given.decoder_attentions[step][layer][:, :, -1].numpy()).max() < 2e-5
    report = crosswalk.json("attention", trace, "-o", tmp_path / "attention.json")
    assert {"cross"} <= {table["kind"] for table in report["tables"]}


def test_the_schema(saved, crosswalk, tmp_path):
    model, folder = saved(CASES["gpt2"], DECODER[1])
    report = ours(crosswalk, folder, prompts(model, 2), dict(num_beams=2), "--timing", "-o", tmp_path / "trace.h5")[2]
    validate(report, "generation")


def test_a_model_that_predicts_in_any_order_is_refused(saved, crosswalk):
    case = next(case for case in all_cases() if case.family == "xlnet")
    model, folder = saved(case, "XLNetLMHeadModel")
    written({"input_ids": torch.arange(4, 9)[None]}, folder)
    assert "predicts tokens in any order" in crosswalk.refusal("generate", folder, "--inputs", folder / "inputs.json")
