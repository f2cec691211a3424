"""Holds what Crosswalk reads and writes to its schemas, with the real validator."""

import json
import pathlib

import h5py
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = {path.name.removesuffix(".schema.json"): json.loads(path.read_text(encoding="utf-8"))
           for path in sorted((ROOT / "Schemas").glob("*.schema.json"))}
REGISTRY = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values())


def fault(document, kind):
    """The place and words of the worst fault, None when there is none."""
    error = best_match(Draft202012Validator(SCHEMAS[kind], registry=REGISTRY).iter_errors(document))
    return error and f"{error.json_path}: {error.message[:300]}"


def validate(document, kind):
    assert fault(document, kind) is None


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def shown(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_one(kind):
    assert SCHEMAS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize("path", sorted((ROOT / "Sources/Families/Tables").glob("*.json")), ids=shown)
def test_a_built_in_family_is_valid(path):
    validate(load(path), "family")


@pytest.mark.parametrize("path", [path for path in sorted((ROOT / "Sources/KerasModels/Tables").glob("*.json"))
                                  if load(path)["format"] != "crosswalk.words"], ids=shown)
def test_a_layers_table_is_valid_and_the_docs_name_its_classes(path):
    table = load(path)
    validate(table, "layer")
    page = (ROOT / "Sources/Crosswalk/Crosswalk.docc/KerasModels.md").read_text(encoding="utf-8")
    for name in table.get("layers", []):
        assert f"`{name.removeprefix('ops.')}`" in page


@pytest.mark.parametrize("path", sorted(ROOT.glob("Fixtures/*/**/fixture.h5")), ids=shown)
def test_a_fixture_says_what_it_is(path):
    with h5py.File(path) as file:
        validate({name: value if isinstance(value, str) else value.item()
                  for name, value in file.attrs.items()}, "trace")
        json.loads(file.attrs["settings"])


NODE = {"name": "sum", "operation": "add", "input": ["x", "x"]}
ARCHITECTURE = {
    "inputs": {"x": {"dtype": "floating", "axes": ["batch", {"width": 4}]}},
    "nodes": [
        {"name": "layers.{i}", "repeat": 2, "input": "x", "nodes": [
            {"name": "up", "operation": "linear", "input": "input", "width": {"each": [8, 4]}}]},
        NODE],
    "outputs": {"y": "sum"}}


def test_a_small_architecture_is_valid():
    validate(ARCHITECTURE, "architecture")


@pytest.mark.parametrize("path", sorted((ROOT / "Fixtures/operations").glob("*.json")), ids=shown)
def test_architectures_of_each_operation_are_valid(path):
    for case in load(path):
        validate(case["architecture"], "architecture")


@pytest.mark.parametrize("change", [
    {"nodes": []}, {"outputs": {}}, {"inputs": {"x": {"dtype": "f32", "axes": []}}}, {"version": 2},
    {"nodes": [NODE | {"operation": "conv"}]}, {"nodes": [NODE | {"width": 3}]},
    {"nodes": [NODE | {"name": "a..b"}]}, {"nodes": [{"name": "sum", "operation": "add"}]},
    {"nodes": [{"name": "up", "operation": "linear", "input": "x", "width": 0}]},
    {"nodes": [{"name": "up", "operation": "linear", "input": "x", "width": "=4 * width"}]},
    {"nodes": [{"name": "layers", "repeat": 2, "nodes": [NODE]}]},
    {"nodes": [{"name": "layers.{i}", "repeat": 2, "nodes": []}]},
], ids=json.dumps)
def test_a_wrong_architecture_is_not(change):
    assert fault(ARCHITECTURE | change, "architecture") is not None
