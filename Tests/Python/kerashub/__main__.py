"""Proves cases: python -m kerashub [NAME …] [--tables FOLDER] [--keep FOLDER]."""

import argparse
import pathlib
import tempfile
import traceback

from . import all_cases
from .proof import Proof

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("names", nargs="*")
parser.add_argument("--tables")
parser.add_argument("--keep")
arguments = parser.parse_args()

for case in all_cases():
    if arguments.names and case.label not in arguments.names:
        continue
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(arguments.keep or folder) / case.label
        folder.mkdir(parents=True, exist_ok=True)
        proof = Proof(case, folder, arguments.tables)
        try:
            proof.run()
            print(case.label, "ok", len(proof.done), "worst", max(worst for _, worst in proof.done))
        except Exception as error:
            for label, worst in proof.done:
                print("   ", label, worst)
            print(case.label, "FAILED", "" if isinstance(error, AssertionError) else traceback.format_exc(), error)
