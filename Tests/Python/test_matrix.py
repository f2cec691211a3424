"""Holds the table of containers in the documentation to the tests that prove it, and to what is written."""

import ast
import pathlib
import re

import pytest
import torch

from conftest import ROOT

ARTICLE = ROOT / "Sources/Crosswalk/Crosswalk.docc/Containers.md"
DTYPES = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
          "f8e4m3": torch.float8_e4m3fn, "f8e5m2": torch.float8_e5m2,
          "f8e4m3fnuz": torch.float8_e4m3fnuz, "f8e5m2fnuz": torch.float8_e5m2fnuz, "f8e8m0": torch.float8_e8m0fnu,
          "i64": torch.int64, "i32": torch.int32,
          "i16": torch.int16, "i8": torch.int8, "u64": torch.uint64, "u32": torch.uint32, "u16": torch.uint16,
          "u8": torch.uint8, "bool": torch.bool, "c64": torch.complex64, "c128": torch.complex128}
ENDINGS = {"HDF5": "h5", "safetensors": "safetensors", "PyTorch": "pt", "NumPy": "npz", "GGUF": "gguf"}


def table():
    """The rows, each by its container's name."""
    lines = [line for line in ARTICLE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(head, row, strict=True)) for row in rows}


def marked():
    """What the tests here are marked for, of both environments: (container, read or write)."""
    found = set()
    for path in pathlib.Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for mark in node.decorator_list:
                    if ast.unparse(mark).startswith("pytest.mark.matrix("):
                        container, *kinds = [argument.value for argument in mark.args]
                        found |= {(container, kind) for kind in kinds}
    return found


def promised():
    return {(name, kind.lower()) for name, row in table().items() for kind in ("Read", "Write")
            if re.match(r"yes\b", row[kind])}


def test_every_yes_has_a_test_and_every_test_its_yes():
    assert promised() == marked()


def test_every_cell_is_filled():
    for name, row in table().items():
        assert all(row.values()), name
        assert {row["Read"].split(",")[0].split(";")[0], row["Write"].split(",")[0].split(";")[0]} <= {"yes", "no"}, name


@pytest.mark.parametrize("container", ENDINGS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_held_or_refused_as_it_says(crosswalk, container, dtype, tmp_path):
    torch.save({"w": torch.ones(2, 3).to(DTYPES[dtype])}, tmp_path / "in.pt")
    destination = tmp_path / f"out.{ENDINGS[container]}"
    if dtype in table()[container]["Dtypes"].split():
        crosswalk.convert(tmp_path / "in.pt", destination)
        found = crosswalk.json("inspect", destination)
        assert found["container"] == container and found["tensors"][0]["dtype"] == dtype
    else:
        assert "w" in crosswalk.refusal("convert", tmp_path / "in.pt", destination, "--to", "same")
        assert not destination.exists()
