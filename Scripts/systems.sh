#!/usr/bin/env bash
# The table of all systems around the Transformer: small models by independent implementations, how far each is from what its
# reference computes, and whether it comes back to the bit. Names of systems, or parts of rows' names, leave the others out. VENV
# names another Python environment than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/python.sh

print_table systems "$@"
