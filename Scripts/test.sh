#!/usr/bin/env bash
# Every test: Swift's, then the frameworks' own readers on what Crosswalk wrote, and the reverse.
# VENV and VENV_TENSORFLOW name other Python environments than .venv and .venv-tensorflow. Without a network the Python tests
# are skipped, and it says so; where CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

. Scripts/python.sh

# Runs tests in their environment: check VENV REQUIREMENTS WHAT TEST…
check() {
  if make_venv "$1" "$2" "$3"; then
    "$1/bin/python" -m pytest -q -n auto "${@:4}"
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

# Python calls the command thousands of times: what it takes to build for release is soon won back.
build_release
check "${VENV:-.venv}" Fixtures/requirements-test.txt "h5py, PyTorch, Keras and transformers (200 MB)" Tests/Python Recorder/tests
check "${VENV_TENSORFLOW:-.venv-tensorflow}" Fixtures/requirements-test-tensorflow.txt \
  "TensorFlow, tf_keras and transformers 4 (700 MB)" Tests/Python/test_keras_backends.py Tests/Python/test_tf_*.py \
  Recorder/tests/test_keras_models.py
