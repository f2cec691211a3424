"""TensorFlow checkpoints: written by TensorFlow itself, and the same with one thing broken each.

TensorFlow has an environment of its own (requirements-tensorflow.txt): its versions of NumPy and protobuf are not ours.
CROSSWALK_TENSORFLOW names its python; without one the recipe asks for it.
"""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def make(folder):
    python = os.environ.get("CROSSWALK_TENSORFLOW")
    if not python:
        raise SystemExit("containers-tensorflow: CROSSWALK_TENSORFLOW must name a python with tensorflow")
    subprocess.run([python, str(HERE / "tensorflow_files.py"), str(folder)], check=True,
                   env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})
    json.loads((folder / "expectations.json").read_text())
