#!/usr/bin/env bash
# Fuzzes the readers, guided by coverage: fuzz.sh [SECONDS each] [CONTAINER ...]
# The seeds are the fixtures. HDF5 is left out: libhdf5 is not expected to withstand it, which is why it is read in a
# process of its own (Tests/ContainersTests/HDF5ContainmentTests); of Keras, what is no HDF5 is fuzzed.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
[ $# -eq 0 ] || shift
containers=("$@")
[ ${#containers[@]} -gt 0 ] || mapfile -t containers < <(ls Fixtures/containers | grep -v hdf5)

options=(--package-path Fuzzing -c release -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld)
swift build "${options[@]}" --product Fuzz
fuzz="$(swift build "${options[@]}" --show-bin-path)/Fuzz"

for container in "${containers[@]}"; do
  corpus="Fuzzing/.build/corpus/$container"
  mkdir -p "$corpus" "Fuzzing/.build/finds"
  find "Fixtures/containers/$container" -type f ! -name expectations.json ! -name '*.h5' ! -name '*.data-*' \
    -exec cp -n {} "$corpus/" \;
  printf '\n== %s, %s s\n' "$container" "$seconds"
  "$fuzz" -max_total_time="$seconds" -max_len=16384 -rss_limit_mb=1024 -timeout=10 \
    -artifact_prefix="Fuzzing/.build/finds/$container-" "$corpus" 2>&1 | grep -aE 'ERROR|SUMMARY|Test unit|Done' || true
done
