# What the scripts that need Python share; sourced from the root of the repository.

# Makes an environment, unless it holds its requirements already: make_venv VENV REQUIREMENTS WHAT
# A file beside the requirements that ends in -alone.txt names packages that come without what they ask for.
make_venv() {
  local venv=$1 requirements=$2 wanted alone=${2%.txt}-alone.txt
  # One file may include another, so all of them count.
  wanted=$(cat Fixtures/requirements*.txt Recorder/pyproject.toml)
  [ "$wanted" = "$(cat "$venv/requirements.txt" 2>/dev/null)" ] && return
  echo "Installing $3 into $venv (once)."
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || return
  # pip warns of every index that it cannot reach: what it says matters when it fails.
  "$venv/bin/python" -m pip install --retries 1 -r "$requirements" >"$venv/pip.log" 2>&1 ||
    { tail -n 20 "$venv/pip.log"; return 1; }
  if [ -f "$alone" ]; then
    "$venv/bin/python" -m pip install --retries 1 --no-deps -r "$alone" >"$venv/pip.log" 2>&1 ||
      { tail -n 20 "$venv/pip.log"; return 1; }
  fi
  "$venv/bin/python" -m pip install --retries 1 --no-deps -e Recorder >"$venv/pip.log" 2>&1 ||
    { tail -n 20 "$venv/pip.log"; return 1; }
  echo "$wanted" >"$venv/requirements.txt"
}

# Builds the command for release; CROSSWALK names it.
build_release() {
  echo "Building crosswalk for release (minutes the first time)."
  swift build -c release --product crosswalk
  CROSSWALK="$(swift build -c release --show-bin-path)/crosswalk"
  export CROSSWALK
}

# Prints a table of the Python tests with what is needed for it: print_table MODULE ARGUMENT…
print_table() {
  local venv=${VENV:-.venv}
  Scripts/setup.sh --with-python
  make_venv "$venv" Fixtures/requirements-test.txt "h5py, PyTorch, Keras and transformers (200 MB)"
  build_release
  venv=$(realpath -s "$venv")
  cd Tests/Python
  exec "$venv/bin/python" -m "$@"
}
