#!/usr/bin/env bash
# Every test: Swift's, then the checks by Python's own readers of what Crosswalk wrote.
# VENV names another Python environment than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
requirements=Fixtures/requirements-test.txt

# Makes the environment, unless it holds these requirements already.
make_venv() {
  cmp -s "$requirements" "$venv/requirements-test.txt" && return
  echo "Installing h5py, jsonschema, PyTorch and pytest into $venv (about 200 MB, once)."
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return
  # pip warns of every index that it cannot reach: what it says matters when it fails.
  "$venv/bin/python" -m pip install --retries 1 -r "$requirements" >"$venv/pip.log" 2>&1 ||
    { tail -n 20 "$venv/pip.log"; return 1; }
  cp "$requirements" "$venv/requirements-test.txt"
}

Scripts/setup.sh --with-python
swift build --build-tests
swift test --skip-build --disable-xctest

if make_venv; then
  CROSSWALK="$(swift build --show-bin-path)/crosswalk" "$venv/bin/python" -m pytest -q Tests/Python
else
  echo "The tests in Tests/Python were skipped: their packages could not be installed (see above)."
fi
