"""Known porting faults: the cause is named first, and what --apply writes makes the model right again."""

import json
import shutil

import pytest
from conftest import MODELS
from faults import catalogue
from faults.inject import Patient
from faults.judging import verdict



@pytest.mark.parametrize("model", ["bert-bare", "gpt2-lm"])
def test_faults_are_named_and_mended(model, crosswalk, tmp_path):
    native, patient, fixture = tmp_path / "native.h5", tmp_path / "patient.h5", MODELS / model / "fixture.h5"
    crosswalk("convert", MODELS / model, native)
    with Patient(native, patient) as file:
        singles = catalogue.faults(file, most=10)
    wrong = []
    for fault in [*singles[::2], *catalogue.pairs(singles, 3)]:
        with Patient(native, patient) as file:
            fault.write(file)
        printed, _ = crosswalk.run("verify", patient, fixture, "--diagnose", "--apply", "--format", "json", status=(0, 1, 2))
        report = json.loads(printed or "{}")
        causes = [cause["cause"] for cause in report.get("diagnosis", {}).get("causes", [])]
        if causes and (verdict(fault, 1, causes) != "found" or report["verdict"] != "close"):
            wrong.append((fault.name, causes, report["verdict"]))
    assert not wrong


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
