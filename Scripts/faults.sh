#!/usr/bin/env bash
# The table of the causes for which ports differ: known faults, put one at a time and in pairs into models that are right, and how
# many of them `verify --diagnose` names first. Folders with a model and its fixture.h5 take the place of those in the repository.
# VENV names another Python environment than .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/python.sh

print_table faults "$@"
