"""What `generate` makes, token for token beside transformers' own generate."""

import json

import pytest
import torch
import transformers
from families import all_cases
from families.proof import fill
from families.translators import spectrograms
from transformers import GenerationMixin

PROMPT = 7
STACKS = {"decoder_layers": "encoder_layers", "num_decoder_layers": "num_layers"}
"""transformers makes as many caches for a decoder as the config's layers, which are the encoder's."""


def generating():
    """Each case of a class that generates."""
    for case in all_cases():
        for name in case.classes:
            kind = getattr(transformers, name)
            if issubclass(kind, GenerationMixin) and kind.can_generate() and name.endswith(
                    ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "MTModel")):
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
    path = folder / "inputs.json"
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
    "greedy-padded": (3, dict(max_new_tokens=14)),
    "beams": (2, dict(max_new_tokens=12, num_beams=4)),
    "beams-short": (3, dict(max_new_tokens=12, num_beams=4, length_penalty=0.3, early_stopping=True, num_return_sequences=3)),
    "beams-long": (2, dict(max_new_tokens=12, num_beams=3, length_penalty=2.0, early_stopping="never", num_return_sequences=2)),
}


@pytest.mark.parametrize("mode", SETTINGS)
@pytest.mark.parametrize(("case", "class_name"), list(generating()))
def test_tokens(case, class_name, mode, saved, crosswalk):
    model, folder = saved(case, class_name)
    rows, settings = SETTINGS[mode]
    report = check(crosswalk, model, folder, rows, settings)
    assert report["cached"]
    if mode in ("greedy-padded", "beams"):
        assert not check(crosswalk, model, folder, rows, settings, "--no-cache")["cached"]
