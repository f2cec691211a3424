"""Conversions need little memory, whatever the size of a tensor."""

import subprocess
import sys

from conftest import ROOT


def test_a_tensor_larger_than_the_bound_is_cast_and_transposed(crosswalk, tmp_path):
    """One of 419 MB among them; a process of its own, as a child's peak begins with its parent's."""
    done = subprocess.run(
        [sys.executable, ROOT / "Benchmarks/large.py", "--gigabytes", "0.1", "--only", "native-cast",
         "--crosswalk", crosswalk.path, "--folder", tmp_path],
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
