"""Holds each command's JSON to the schema of the format that it names."""

import json

import pytest

from conftest import MODELS
from test_schemas import validate

SOUND = ["bert-bare", "gpt2-lm", "transformer-translator"]


def checked(output, kind):
    assert output["format"] == f"crosswalk.{kind}"
    validate(output, kind)
    return output


@pytest.fixture(scope="module", params=SOUND)
def model(request):
    return MODELS / request.param


@pytest.fixture(scope="module")
def native(crosswalk, model, tmp_path_factory):
    path = tmp_path_factory.mktemp("native") / "model.h5"
    crosswalk("convert", model, path)
    return path


def test_families(crosswalk):
    families = checked(crosswalk.json("families"), "families")["families"]
    assert {"bert", "gpt2", "transformer"} <= {family["name"] for family in families}
    for family in families:
        checked(crosswalk.json("families", family["name"]), "family")


@pytest.mark.parametrize("model", sorted(MODELS.iterdir()), ids=lambda path: path.name)
def test_architecture(crosswalk, model, tmp_path):
    file = tmp_path / "architecture.json"
    file.write_text(crosswalk("architecture", model))
    checked(crosswalk.json("architecture", model), "architecture")
    checked(crosswalk.json("architecture", "--validate", file), "validation")


def test_inspect(crosswalk, model, native):
    for checkpoint in (model, native):
        tensors = checked(crosswalk.json("inspect", checkpoint, "--stats", "--values"), "inspection")["tensors"]
        assert tensors and all("statistics" in tensor for tensor in tensors)
        checked(crosswalk.json("inspect", checkpoint), "inspection")


def test_convert(crosswalk, model, tmp_path):
    checked(crosswalk.json("convert", model, tmp_path / "model.h5"), "conversion")
    checked(crosswalk.json("convert", tmp_path / "model.h5", tmp_path / "back.safetensors", "--to", "source"),
            "conversion")
    checked(crosswalk.json("convert", model, tmp_path / "again.h5", "--verify", model / "fixture.h5"), "conversion")


def test_run_verify_and_diff(crosswalk, model, native, tmp_path):
    fixture = model / "fixture.h5"
    trace = tmp_path / "trace.h5"
    checked(crosswalk.json("run", native, "--inputs", fixture, "--output", trace, "--capture", "all",
                           "--repeat", 2, "--timing"), "run")
    assert checked(crosswalk.json("verify", native, fixture), "difference")["verdict"] in ("identical", "close")
    assert checked(crosswalk.json("diff", model, native), "difference")["verdict"] == "identical"
    assert checked(crosswalk.json("diff", trace, trace), "difference")["verdict"] == "identical"
    checked(crosswalk.json("diff", model, MODELS / "bert-masked-lm", status=1), "difference")


def test_attention_and_positions(crosswalk, native, model, tmp_path):
    for command, extra in (("attention", ["--inputs", model / "fixture.h5"]), ("positions", [])):
        file = tmp_path / f"{command}.json"
        said = checked(crosswalk.json(command, native, *extra, "-o", file), "report")
        assert said["report"] == command and said["path"] == str(file)
        assert checked(json.loads(file.read_text()), command)["tables"]
