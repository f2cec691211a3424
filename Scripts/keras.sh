#!/usr/bin/env bash
# One table of what is proved of Keras: KerasHub's models and transformers' both ways, KerasHub's layers, Keras's graphs, the
# published tutorials, transformers with TensorFlow, and graphs of Keras 2; for each the worst difference and the round trip.
# VENV and VENV_TENSORFLOW name other Python environments than .venv and .venv-tensorflow; --only WORD leaves other rows out.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/python.sh

venv=${VENV:-.venv}
venv_tensorflow=${VENV_TENSORFLOW:-.venv-tensorflow}
Scripts/setup.sh --with-python
make_venv "$venv" Fixtures/requirements-test.txt "h5py, PyTorch, Keras and transformers (200 MB)"
make_venv "$venv_tensorflow" Fixtures/requirements-test-tensorflow.txt "TensorFlow, tf_keras and transformers 4 (700 MB)"

build_release
export TF_CPP_MIN_LOG_LEVEL=3

status=0
python=$(realpath -s "$venv")/bin/python
python_tensorflow=$(realpath -s "$venv_tensorflow")/bin/python
cd Tests/Python
"$python" -W ignore -m keras_table "$@" hub hub-layers graphs tutorials || status=1
"$python_tensorflow" -W ignore -m keras_table "$@" transformers keras-2 || status=1
exit "$status"
