"""The command under test, the fixtures of the repository, and what all tests compare tensors by."""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import measures

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "Fixtures/models"
CONTAINERS = ROOT / "Fixtures/containers"

sys.path.insert(0, str(ROOT / "Recorder"))  # this checkout's, whichever is installed

# TensorFlow has an environment of its own; see Scripts/test.sh.
if importlib.util.find_spec("tensorflow") is None:
    collect_ignore_glob = ["test_tf_*.py"]

DTYPES = {"f64": "f8", "f32": "f4", "f16": "f2", "bf16": ml_dtypes.bfloat16, "f8e4m3": ml_dtypes.float8_e4m3fn,
          "f8e5m2": ml_dtypes.float8_e5m2, "f8e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
          "f8e5m2fnuz": ml_dtypes.float8_e5m2fnuz, "f8e8m0": ml_dtypes.float8_e8m0fnu, "i64": "i8", "i32": "i4", "i16": "i2", "i8": "i1", "u64": "u8", "u32": "u4",
          "u16": "u2", "u8": "u1", "bool": "?"}


class Crosswalk:
    """The built command; CROSSWALK names it, else it is the debug build's."""

    path = os.environ.get("CROSSWALK", ROOT / ".build/debug/crosswalk")

    def run(self, *arguments, status=0):
        """Runs the command, expects a status or one of several, and gives what it printed and what it said."""
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, text=True, timeout=300)
        assert done.returncode in (status if isinstance(status, tuple) else (status,)), done.stderr or done.stdout
        return done.stdout, done.stderr

    def __call__(self, *arguments, status=0):
        return self.run(*arguments, status=status)[0]

    def json(self, *arguments, status=0):
        return json.loads(self(*arguments, "--format", "json", status=status))

    def convert(self, source, destination, *options):
        """Carries tensors over under their own names, and gives the destination."""
        self("convert", source, destination, "--to", "same", *options)
        return destination

    def refusal(self, *arguments):
        """The one line that a refusal says."""
        said = self.run(*arguments, status=2)[1]
        assert said.count("\n") == 1, said
        return said

    def read(self, checkpoint):
        """Every tensor of a checkpoint by its name, as arrays of NumPy."""
        return {tensor["name"]: np.array([float(value) for value in tensor["values"]]).astype(DTYPES[tensor["dtype"]])
                .reshape(tensor["shape"]) for tensor in self.json("inspect", checkpoint, "--values")["tensors"]}


@pytest.fixture(autouse=True)
def measured(request):
    """The worst difference that a test has measured goes with its report; see keras_table.py."""
    measures.found.clear()
    yield
    if measures.found:
        request.node.user_properties.append(("worst", max(measures.found)))


@pytest.fixture(scope="session")
def crosswalk():
    return Crosswalk()


def sound(folder):
    """The files of a folder of fixtures that are to be read, whatever the reader."""
    expectations = json.loads((CONTAINERS / folder / "expectations.json").read_text(encoding="utf-8"))
    return [CONTAINERS / folder / name for name, what in expectations.items() if "error" not in what and "." in name]


def known(value):
    """The dtype, the shape and the little-endian bytes of an array of NumPy or a tensor of torch."""
    if hasattr(value, "detach"):
        import torch
        value = value.detach()
        data = value.contiguous().reshape(-1).view(torch.uint8).numpy()
        return str(value.dtype).removeprefix("torch."), tuple(value.shape), data.tobytes()
    value = np.asarray(value)
    return value.dtype.name, value.shape, value.astype(value.dtype.newbyteorder("<")).tobytes()


def assert_same(ours, theirs):
    """Two dictionaries of tensors are the same: names, dtypes, shapes, and every bit."""
    assert sorted(ours) == sorted(theirs)
    for name, value in theirs.items():
        (dtype, shape, data), other = known(ours[name]), known(value)
        assert (dtype, shape) == other[:2], name
        assert data == other[2], name


def pytest_configure(config):
    config.addinivalue_line("markers", "matrix(container, *kinds): holds for a container what the matrix of the "
                            "documentation promises: read, write")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the documentation promises is not skipped where everything is to be there."""
    report = (yield).get_result()
    if report.skipped and os.environ.get("CI") and item.get_closest_marker("matrix"):
        report.outcome, report.longrepr = "failed", f"skipped, and this is CI: {report.longrepr}"
