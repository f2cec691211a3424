"""What a config says is heeded or refused, for every family: nothing of it is passed over that changes what a model computes."""

import copy
import json

import pytest
from families import all_cases
from families.changes import Reference, changed, others, paths

ACTIVATIONS = ("hidden_act", "hidden_activation", "activation_function", "activation", "dense_act_fn")
BASES = {"modernbert": ("global_rope_theta", "local_rope_theta")}
"""What transformers 4 called the rotary bases of whole and of sliding layers, where they have names of their own."""

METHODS = ("gptq", "awq", "bitsandbytes")
FIRST = {}
for case in all_cases():
    FIRST.setdefault(case.family, case)
EVERY_FAMILY = [pytest.param(case, id=name) for name, case in FIRST.items()]


class Model:
    """A model of transformers in a folder, whose config the tests change."""

    def __init__(self, case, crosswalk, folder):
        self.crosswalk, self.folder = crosswalk, folder
        self.reference = Reference(case, case.classes[:2][-1])
        self.reference.model.save_pretrained(folder)
        self.settings = self.reference.settings

    def write(self, settings):
        (self.folder / "config.json").write_text(json.dumps(settings))

    def architecture(self, settings):
        """What Crosswalk makes of a config, or nothing where it refuses."""
        self.write(settings)
        return self.crosswalk.run("architecture", self.folder, status=(0, 2))[0]

    def refusal(self, settings):
        self.write(settings)
        return self.crosswalk.refusal("architecture", self.folder)


@pytest.fixture
def model(case, crosswalk, tmp_path):
    return Model(case, crosswalk, tmp_path)


@pytest.mark.parametrize("case", EVERY_FAMILY)
def test_what_a_family_does_not_know_is_refused_by_its_name(model):
    settings = model.settings
    assert "key_of_tomorrow" in model.refusal({**settings, "key_of_tomorrow": 3})
    for method in METHODS:
        assert method in model.refusal({**settings, "quantization_config": {"quant_method": method, "bits": 4}})
    for key in ACTIVATIONS:
        if isinstance(settings.get(key), str):
            assert "newlu" in model.refusal({**settings, key: "newlu"}), key
    for path, _ in paths(settings):
        if path[-1] == "rope_type":
            assert "spiral" in model.refusal(changed(settings, path, "spiral")), path


@pytest.mark.parametrize("case", [pytest.param(FIRST["llama"], id="llama")])
@pytest.mark.parametrize("word", ["parallel", "rotary", "pre_norm"])
def test_what_a_family_computes_is_no_key_of_a_config(model, word):
    assert word in model.refusal({**model.settings, word: True})


@pytest.mark.parametrize("case", EVERY_FAMILY)
def test_what_changes_the_computation_changes_the_architecture_or_is_refused(model):
    same, passed_over = model.architecture(model.settings), []
    assert same
    for path, value in paths(model.settings):
        for other in others(value):
            settings = changed(model.settings, path, other)
            if model.reference.differs(settings) and model.architecture(settings) == same:
                passed_over.append(f"{'.'.join(path)} = {other}")
    assert not passed_over


def as_version_4(settings, config_kind):
    """The config as transformers 4 wrote it: rotary settings and dtype elsewhere, layers' kinds by their defaults."""
    old = copy.deepcopy(settings)
    old["torch_dtype"] = old.pop("dtype", None) or "float32"
    rotary = old.pop("rope_parameters", None)
    whole, sliding = BASES.get(settings["model_type"], ("rope_theta", "rope_local_base_freq"))
    if rotary and "full_attention" in rotary:
        old[sliding] = rotary["sliding_attention"]["rope_theta"]
        rotary = rotary["full_attention"]
    if rotary:
        old[whole] = rotary.pop("rope_theta")
        if "partial_rotary_factor" in rotary:
            old["partial_rotary_factor"] = rotary.pop("partial_rotary_factor")
        old["rope_scaling"] = None if rotary["rope_type"] == "default" else rotary
    if "layer_types" in old:
        plain = config_kind(**{k: v for k, v in settings.items() if k not in ("layer_types", "rope_parameters")})
        if plain.layer_types == old["layer_types"]:
            del old["layer_types"]
    return old


ROTARY = [pytest.param(case, id=case.label) for case in all_cases()
          if "rope_parameters" in case.settings or case is FIRST[case.family]]


@pytest.mark.parametrize("case", ROTARY)
def test_a_config_of_transformers_4_says_the_same(case, model):
    new = model.architecture(model.settings)
    assert new and model.architecture(as_version_4(model.settings, model.reference.config_kind)) == new
