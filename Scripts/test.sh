#!/usr/bin/env bash
# Every test: Swift's, then the frameworks' own readers on what Crosswalk wrote, and the reverse.
# VENV and VENV_TENSORFLOW name other Python environments than .venv and .venv-tensorflow. Without a network the Python tests
# are skipped, and it says so; where CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

# Makes an environment, unless it holds its requirements already: make_venv VENV REQUIREMENTS WHAT
make_venv() {
  local venv=$1 requirements=$2 wanted
  # One file may include another, so all of them count.
  wanted=$(cat Fixtures/requirements*.txt)
  [ "$wanted" = "$(cat "$venv/requirements.txt" 2>/dev/null)" ] && return
  echo "Installing $3 into $venv (once)."
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return
  # pip warns of every index that it cannot reach: what it says matters when it fails.
  "$venv/bin/python" -m pip install --retries 1 -r "$requirements" >"$venv/pip.log" 2>&1 ||
    { tail -n 20 "$venv/pip.log"; return 1; }
  echo "$wanted" >"$venv/requirements.txt"
}

# Runs tests in their environment: check VENV REQUIREMENTS WHAT TEST…
check() {
  if make_venv "$1" "$2" "$3"; then
    CROSSWALK="$crosswalk" "$1/bin/python" -m pytest -q "${@:4}"
  elif [ "${CI:-}" = true ]; then
    echo "The tests with $3 cannot run: their packages could not be installed (see above)."
    exit 1
  else
    echo "The tests with $3 were skipped: their packages could not be installed (see above)."
  fi
}

Scripts/setup.sh --with-python
swift build --build-tests
swift test --skip-build --disable-xctest

crosswalk=$(swift build --show-bin-path)/crosswalk
check "${VENV:-.venv}" Fixtures/requirements-test.txt "h5py, PyTorch, Keras and transformers (200 MB)" Tests/Python
check "${VENV_TENSORFLOW:-.venv-tensorflow}" Fixtures/requirements-test-tensorflow.txt \
  "TensorFlow, tf_keras and transformers 4 (700 MB)" Tests/Python/test_keras_backends.py Tests/Python/test_tf_*.py
