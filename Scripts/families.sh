#!/usr/bin/env bash
# The table of all families: tiny models as transformers makes them, how far each is from what PyTorch computes, and whether it
# comes back to the bit. Names of families, or of cases, leave the others out. VENV names another Python environment than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/python.sh

print_table families "$@"
