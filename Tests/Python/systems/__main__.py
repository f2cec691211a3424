"""Prints the table of all systems: in Tests/Python, python -m systems [NAME…] [--tables FOLDER] [--keep FOLDER].

A name is a family's, or a part of a system's or a row's. With a folder the tables are read from there, not from the command: so a
table is written without building anything. Status 1 when a system is out of bounds.
"""

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from conftest import Crosswalk  # noqa: E402
from measures import BOUND  # noqa: E402

from . import ABSENT, all_systems  # noqa: E402
from .proof import prove  # noqa: E402


def main():
    parser = argparse.ArgumentParser(prog="systems")
    parser.add_argument("wanted", nargs="*", metavar="NAME", help="a family, or part of the name of a system or a row")
    parser.add_argument("--tables", type=pathlib.Path, metavar="FOLDER", help="read the families' files from here")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER", help="make the models here, and leave them")
    options = parser.parse_args()
    systems = [s for s in all_systems()
               if not options.wanted or any(w == s.family or w in s.name or w in s.row for w in options.wanted)]
    failed, row = 0, None
    for system in systems:
        if system.row != row:
            row = system.row
            print(f"\n{row}")
        with tempfile.TemporaryDirectory() as folder:
            folder = options.keep / system.name.replace(" ", "-").replace("/", "-") if options.keep else pathlib.Path(folder)
            folder.mkdir(parents=True, exist_ok=True)
            tables = ["--family", options.tables / f"{system.family}.json"] if options.tables and system.family and not system.options else []
            try:
                error = prove(Crosswalk(), system, folder, *tables)
                assert error <= BOUND, f"beyond {BOUND}: {error:.1e}"
                result = f"{error:9.1e}  exact"
            except Exception as problem:  # one system's trouble leaves the others' rows
                failed += 1
                result = "   FAILED  " + " ".join(f"{type(problem).__name__}: {problem}".split())[:900]
            print(f"  {system.name:<46} {system.family or '':<29} {result}", flush=True)
    for module, package in ABSENT.items():
        print(f"\nleft out: {module}, as there is no Python package '{package}'")
    print(f"\n{len({s.row for s in systems})} rows, {len(systems)} systems, {failed} failed")
    return 1 if failed or ABSENT else 0


sys.exit(main())
