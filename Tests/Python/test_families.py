"""Every family: recognised, run with parity, and given back to the bit, for each class that transformers has."""

import pytest
from families import all_cases
from families.proof import family, make, named_by_transformers, prove
from measures import BOUND

EVERY = [pytest.param(case, name, id=f"{case.label}-{name}") for case in all_cases() for name in case.classes]


@pytest.mark.parametrize("case, class_name", EVERY)
def test_a_model_of_the_family_arrives_and_comes_back(case, class_name, crosswalk, tmp_path):
    folder = make(case, class_name, tmp_path)
    assert prove(crosswalk, folder) <= BOUND
    assert family(folder) == case.family
    made, wanted = named_by_transformers(folder, class_name)
    assert made == wanted


def test_each_head_that_a_family_lists_is_one_that_is_run(crosswalk):
    listed = {family["name"]: set(family["heads"]) for family in crosswalk.json("families")["families"]}
    run = {name: set() for name in listed}
    for case, class_name in [(case, name) for case in all_cases() for name in case.classes]:
        ends = [head for head in listed[case.family] if class_name.endswith(head)]
        run[case.family].add(max(ends, key=len, default=class_name))
    assert run == listed
