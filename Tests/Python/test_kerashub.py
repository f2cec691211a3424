"""KerasHub's models and transformers', carried both ways: what is written loads by itself and computes the same."""

import os
import pathlib

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
if os.environ.get("CI") != "true":
    pytest.importorskip("keras_hub", reason="KerasHub is not installed")

from kerashub import all_cases, proof  # noqa: E402


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.label)
def test_a_family_is_carried_both_ways(case, tmp_path, crosswalk, monkeypatch):
    monkeypatch.setattr(proof, "CROSSWALK", str(pathlib.Path(crosswalk.path)))
    assert proof.Proof(case, tmp_path).run()
