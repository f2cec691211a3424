"""Known porting faults: the cause is named first, and what --apply writes makes the model right again."""

import json
import shutil

import pytest
from conftest import MODELS
from faults import catalogue
from faults.inject import Patient

CASES = [(model, fault) for model in ("bert-bare", "gpt2-lm") for fault in catalogue.faults(model)]


@pytest.fixture(scope="module")
def natives(tmp_path_factory):
    return tmp_path_factory.mktemp("natives")


def native(crosswalk, folder, model):
    path = folder / f"{model}.h5"
    if not path.exists():
        crosswalk("convert", MODELS / model, path)
    return path


@pytest.mark.parametrize(("model", "fault"), [pytest.param(*case, id=f"{case[0]}: {case[1].name}") for case in CASES[::3]])
def test_a_fault_is_named_and_mended(model, fault, crosswalk, natives, tmp_path):
    patient, fixture = tmp_path / "patient.h5", MODELS / model / "fixture.h5"
    with Patient(native(crosswalk, natives, model), patient) as file:
        fault.write(file)
    printed = crosswalk.run("verify", patient, fixture, "--diagnose", "--apply", "--format", "json", status=(0, 2))[0]
    if not printed:
        return  # no graph at all, which was said when it was read
    report = json.loads(printed)
    assert report["diagnosis"]["causes"][0]["cause"] in fault.causes
    crosswalk("verify", patient, fixture)


@pytest.mark.parametrize("key, value", [("layer_norm_eps", 1e-5), ("hidden_act", "silu"), ("hidden_act", "gelu_new")])
def test_a_config_is_mended(key, value, crosswalk, tmp_path):
    folder = tmp_path / "bert"
    shutil.copytree(MODELS / "bert-bare", folder)
    config = json.loads((folder / "config.json").read_text())
    right = config[key]
    (folder / "config.json").write_text(json.dumps(config | {key: value}))
    crosswalk("verify", folder, folder / "fixture.h5", "--diagnose", "--apply")
    assert json.loads((folder / "config.json").read_text()) == config | {key: right}
    crosswalk("verify", folder, folder / "fixture.h5")


def test_a_family_is_mended(crosswalk, tmp_path):
    family = json.loads(crosswalk("families", "bert"))
    for rule in family["dialects"]["pytorch"]["weights"]:
        if str(rule.get("theirs")).endswith("layer.{i}.attention.self.query.weight"):
            rule["steps"] = ["transpose"]
    (tmp_path / "bert.json").write_text(json.dumps(family))
    command = ("verify", MODELS / "bert-bare", MODELS / "bert-bare/fixture.h5", "--family", tmp_path / "bert.json")
    assert crosswalk.run(*command, status=1)
    assert "transposed" in crosswalk(*command, "--diagnose", "--apply")
    crosswalk(*command)


def test_a_healthy_model_has_no_cause(crosswalk):
    for model in ("bert-bare", "gpt2-left-padding", "transformer-translator"):
        report = json.loads(crosswalk("verify", MODELS / model, MODELS / model / "fixture.h5", "--diagnose", "--format", "json"))
        assert "diagnosis" not in report and report["source"] is None
