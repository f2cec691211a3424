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


def test_a_classifier_of_probabilities_is_refused(tmp_path, crosswalk):
    import keras_hub

    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=20, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=12, max_sequence_length=16)
    path = tmp_path / "probable.keras"
    keras_hub.models.BertTextClassifier(backbone=backbone, num_classes=3, activation="softmax").save(path)
    _, said = crosswalk.run("convert", path, tmp_path / "out.h5", status=2)
    assert "/config/activation" in said and "softmax" in said
