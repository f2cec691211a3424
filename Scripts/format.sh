#!/usr/bin/env bash
# Checks the format of every tracked Swift file; format.sh --fix formats them first.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" = --fix ]; then
  git ls-files -z '*.swift' | xargs -0 swift format --in-place --parallel
fi
git ls-files -z '*.swift' | xargs -0 swift format lint --strict --parallel
