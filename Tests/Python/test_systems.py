"""What came before and around the Transformer: recognised, run with parity, and given back to the bit."""

import pytest
from systems import all_systems
from systems.proof import BOUND, prove


@pytest.mark.parametrize("system", [pytest.param(system, id=system.name) for system in all_systems()])
def test_a_system_arrives_and_comes_back(system, crosswalk, tmp_path):
    system.make(tmp_path)
    assert prove(crosswalk, system, tmp_path) <= BOUND
