"""Prints what is proved of Keras as one table: in Tests/Python, python -m keras_table [--only WORD] PART….

A row is a model: the worst of all differences from what the framework computes, relative to the largest number where that
is above 1, and whether the framework opens what comes back, with its weights to the bit. Status 1 when a row has failed.
"""

import argparse
import collections
import os
import pathlib
import sys

import pytest

PARTS = {
    "hub": ("KerasHub's models and transformers', both ways", "test_kerashub.py"),
    "hub-layers": ("KerasHub's layers in models", "test_keras_hub_layers.py"),
    "graphs": ("Keras's graphs, layer by layer", "test_keras_graphs.py"),
    "tutorials": ("Layers of a model's own, and models without a graph", "test_keras_examples.py"),
    "transformers": ("transformers with TensorFlow", "test_tf_families.py"),
    "keras-2": ("Graphs of Keras 2", "test_tf_keras_graphs.py"),
}
TITLES = {file: title for title, file in PARTS.values()}


class Table:
    """Rows as tests end; a part's title before its first."""

    def __init__(self):
        self.part, self.rows, self.failures = None, collections.Counter(), {}

    def pytest_runtest_logreport(self, report):
        if report.failed and report.nodeid not in self.failures:
            lines = [line[2:].strip() for line in report.longreprtext.splitlines() if line.startswith("E ")]
            self.failures[report.nodeid] = next(filter(None, lines), "failed")[:200]
        if report.when == "teardown":
            self.row(report)

    def row(self, report):
        file, _, name = report.nodeid.partition("::")
        title = TITLES[pathlib.Path(file).name]
        worst = dict(report.user_properties).get("worst")
        if worst is None and report.nodeid not in self.failures:
            return  # it compares no numbers
        if title != self.part:
            self.part = title
            print(f"\n{title:<64} {'worst':>9}  round trip", flush=True)
        test, _, case = name.partition("[")
        self.rows[title] += 1
        result = f"{worst:9.1e}  exact" if report.nodeid not in self.failures else f"   FAILED  {self.failures[report.nodeid]}"
        print(f"{case.removesuffix(']') or test.removeprefix('test_').replace('_', ' '):<64} {result}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="keras_table")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--only", metavar="WORD", help="tests whose names have this word")
    options = parser.parse_args()
    folder, table, failed = pathlib.Path(__file__).parent, Table(), 0
    os.environ["CI"] = "true"  # what is not installed is a failure, and not passed over
    for part in options.parts or PARTS:
        wanted = ["-k", options.only] if options.only else []
        status = pytest.main(
            [str(folder / PARTS[part][1]), "-n", "auto", "-p", "no:terminal", "-p", "no:cacheprovider", *wanted], plugins=[table])
        failed += status not in (0, 5)
    print(f"\n{sum(table.rows.values())} rows, {len(table.failures)} failed")
    return 1 if failed or table.failures else 0


if __name__ == "__main__":
    sys.exit(main())
