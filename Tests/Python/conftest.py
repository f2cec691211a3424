"""The command under test, and the fixtures of the repository."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "Fixtures/models"


class Crosswalk:
    """The built command; CROSSWALK names it, else it is the debug build's."""

    path = os.environ.get("CROSSWALK", ROOT / ".build/debug/crosswalk")

    def __call__(self, *arguments, status=0):
        """Runs the command, expects a status, and gives what it printed."""
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=300)
        assert done.returncode == status, done.stderr
        return done.stdout

    def json(self, *arguments, status=0):
        return json.loads(self(*arguments, "--format", "json", status=status))


@pytest.fixture(scope="session")
def crosswalk():
    return Crosswalk()
