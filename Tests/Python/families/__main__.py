"""Prints the table of all families: in Tests/Python, python -m families [FAMILY…] [--tables FOLDER].

With a folder the tables are read from there, not from the command: so a table is written without building anything.
Status 1 when a model is out of bounds.
"""

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from conftest import Crosswalk  # noqa: E402
from measures import BOUND  # noqa: E402

from . import all_cases  # noqa: E402
from .proof import family, make, prove  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="families")
    parser.add_argument("wanted", nargs="*", metavar="FAMILY", help="a family or the name of a case")
    parser.add_argument("--tables", type=pathlib.Path, metavar="FOLDER", help="read the families' files from here")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="make the models here, and leave them")
    options = parser.parse_args()
    wanted, failed = options.wanted, 0
    cases = [c for c in all_cases() if not wanted or c.family in wanted or c.label in wanted]
    print(f"{'case':<22} {'class':<44} {'forward':>9}  round trip")
    for case, name in [(case, name) for case in cases for name in case.classes]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                kept = options.keep / f"{case.label}-{name}" if options.keep else pathlib.Path(folder)
                made = make(case, name, kept)
                tables = ["--family", options.tables / f"{case.family}.json"] if options.tables else []
                error = prove(Crosswalk(), made, *tables)
                assert family(made) == case.family, f"taken for {family(made)}"
                assert error <= BOUND, f"beyond {BOUND}: {error:.1e}"
                result = f"{error:9.1e}  exact"
            except Exception as problem:  # one family's trouble leaves the others' rows
                failed += 1
                result = "   FAILED  " + " ".join(str(problem).split())[:600]
            print(f"{case.label:<22} {name:<44} {result}", flush=True)
    print(f"{len({c.family for c in cases})} families, {sum(len(c.classes) for c in cases)} models, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
