#!/usr/bin/env bash
# The table of all systems around the Transformer: small models by independent implementations, how far each is from what its
# reference computes, and whether it comes back to the bit. Names of systems, or parts of rows' names, leave the others out. VENV
# names another Python environment than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/python.sh

Scripts/setup.sh --with-python
make_venv "${VENV:-.venv}" Fixtures/requirements-test.txt "h5py, PyTorch, Keras and transformers (200 MB)"

echo "Building crosswalk for release (minutes the first time)."
swift build -c release --product crosswalk
CROSSWALK="$(swift build -c release --show-bin-path)/crosswalk"
export CROSSWALK
python=$(realpath -s "${VENV:-.venv}")/bin/python

cd Tests/Python
exec "$python" -m systems "$@"
