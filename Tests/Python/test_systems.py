"""What came before and around the Transformer: recognised, run with parity, and given back to the bit."""

import json

import h5py
import numpy as np
import pytest
from conftest import ROOT
from measures import BOUND
from systems import all_systems
from systems.proof import prove


@pytest.mark.parametrize("system", [pytest.param(system, id=system.name) for system in all_systems()])
def test_a_system_arrives_and_comes_back(system, crosswalk, tmp_path):
    assert prove(crosswalk, system, tmp_path) <= BOUND


def test_a_checkpoint_written_by_hand_runs_by_its_own_architecture(crosswalk, tmp_path):
    architecture = (ROOT / "Examples/Systems/lecture.json").read_text()
    token = np.array([[(row + column + 1) / 10 + 0.01 for column in range(4)] for row in range(4)], "f4")
    position = np.repeat(np.arange(1, 5, dtype="f4")[:, None] / 100, 4, 1)
    with h5py.File(tmp_path / "lecture.h5", "w") as file:
        file.attrs.update(format="crosswalk.checkpoint", version=1, architecture=architecture)
        file["token/weight"], file["position/weight"] = token, position
    (tmp_path / "inputs.json").write_text('{"ids": [[0, 1, 2, 3], [2, 3, 0, 1]]}')
    crosswalk("run", tmp_path / "lecture.h5", "--inputs", tmp_path / "inputs.json", "--output", tmp_path / "run.h5")
    with h5py.File(tmp_path / "run.h5") as file:
        embedded = file["outputs/embedded"][()]
    np.testing.assert_allclose(embedded[0], token + position, atol=1e-7)
    np.testing.assert_allclose(embedded[1], token[[2, 3, 0, 1]] + position, atol=1e-7)
    crosswalk("positions", tmp_path / "lecture.h5", "-o", tmp_path / "positions.json")
    assert json.loads((tmp_path / "positions.json").read_text())["tables"]


def test_an_architecture_is_as_good_as_a_family(crosswalk, tmp_path):
    np.savez(tmp_path / "lecture.npz", **{"token.weight": np.eye(4, dtype="f4"), "position.weight": np.zeros((4, 4), "f4")})
    lecture = ROOT / "Examples/Systems/lecture.json"
    crosswalk("convert", tmp_path / "lecture.npz", tmp_path / "lecture.h5", "--family", lecture)
    crosswalk("convert", tmp_path / "lecture.h5", tmp_path / "back.npz", "--to", "source")
    with np.load(tmp_path / "back.npz") as file:
        assert (file["token.weight"] == np.eye(4)).all()
    np.savez(tmp_path / "short.npz", **{"token.weight": np.eye(4, dtype="f4")})
    assert "position.weight" in crosswalk.refusal("convert", tmp_path / "short.npz", tmp_path / "s.h5", "--family", lecture)
