#!/usr/bin/env bash
# The main job on a real model: PyTorch to HDF5, proved against PyTorch, its attention and positions drawn.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n%s\n' "$*"; }
run() { printf '\n$ crosswalk %s\n' "$*"; "$crosswalk" "$@"; }

Scripts/setup.sh --with-python

say "Building crosswalk for release (minutes the first time)."
swift build -c release --product crosswalk
crosswalk="$(swift build -c release --show-bin-path)/crosswalk"

say "Fetching all-MiniLM-L6-v2 (90 MB, once) into .demo/minilm."
Fixtures/minilm/fetch.sh .demo/minilm

run convert .demo/minilm .demo/minilm.h5 --force
run verify .demo/minilm.h5 Fixtures/minilm/fixture.h5
run attention .demo/minilm.h5 --inputs Fixtures/minilm/inputs.json -o .demo/attention.html
run positions .demo/minilm.h5 -o .demo/positions.html

say "Open in a browser:"
printf '  %s\n' "$PWD/.demo/attention.html" "$PWD/.demo/positions.html"
