"""Every family: recognised, run with parity, and given back to the bit, for each class that transformers has."""

import pytest
from families import all_cases
from families.proof import BOUND, family, make, prove

EVERY = [pytest.param(case, name, id=f"{case.label}-{name}") for case in all_cases() for name in case.classes]


@pytest.mark.parametrize("case, class_name", EVERY)
def test_a_model_of_the_family_arrives_and_comes_back(case, class_name, crosswalk, tmp_path):
    folder = make(case, class_name, tmp_path)
    assert family(crosswalk, folder) == case.family
    assert prove(crosswalk, folder) <= BOUND
