"""KerasHub's models and transformers', carried both ways: what is written loads by itself and computes the same."""

import pytest

pytest.importorskip("keras_hub", reason="KerasHub is not installed")

from kerashub import all_cases  # noqa: E402
from kerashub.proof import Proof  # noqa: E402


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.label)
def test_a_family_is_carried_both_ways(case, tmp_path):
    assert Proof(case, tmp_path).run()
