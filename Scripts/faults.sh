#!/usr/bin/env bash
# The table of the causes for which ports differ: known faults, put one at a time and in pairs into models that are right, and how
# many of them `verify --diagnose` names first. Names of models leave the others out. VENV
# names another Python environment than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/python.sh

print_table faults "$@"
