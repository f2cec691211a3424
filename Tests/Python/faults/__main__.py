"""Prints the table of causes and of how many of the faults of each were named."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from faults import catalogue
from faults.inject import Patient

ROOT = Path(__file__).resolve().parents[3]
CROSSWALK = os.environ.get("CROSSWALK", ROOT / ".build/release/crosswalk")

UNSEEN = ("invisible", "refused")


def native(model, folder):
    path = Path(folder) / f"{model}.h5"
    subprocess.run([CROSSWALK, "convert", ROOT / "Fixtures/models" / model, path, "--quiet"], check=True, capture_output=True)
    return path


def diagnose(path, fixture):
    done = subprocess.run([CROSSWALK, "verify", path, fixture, "--diagnose", "--format", "json", "--quiet"], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout or "{}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=list(catalogue.MODELS))
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            source, fixture = native(model, folder), ROOT / "Fixtures/models" / model / "fixture.h5"
            for fault in catalogue.faults(model):
                path = Path(folder) / "patient.h5"
                with Patient(source, path) as patient:
                    fault.write(patient)
                status, report = diagnose(path, fixture)
                causes = (report.get("diagnosis") or {}).get("causes", [])
                first = causes[0] if causes else None
                right = first is not None and first["cause"] in fault.causes
                if status == 0:
                    verdict = "invisible"
                elif status == 2:
                    verdict = "refused"  # no graph at all: what is wrong is said when it is read
                else:
                    verdict = "found" if right else "wrong" if first else "none"
                found.setdefault(fault.causes[0], []).append(verdict)
                if options.v or verdict not in ("found",):
                    says = f"{first['cause']}: {first['says']} at {', '.join(first['nodes'][:2])}" if first else ""
                    print(f"{verdict:10}{model:24}{fault.name:60}{says}", flush=True)
    print()
    for cause, verdicts in sorted(found.items()):
        visible = [v for v in verdicts if v not in UNSEEN]
        print(f"{cause:18}{visible.count('found'):4} of {len(visible):3}   ({len(verdicts) - len(visible)} invisible or refused)")
    visible = [v for vs in found.values() for v in vs if v not in UNSEEN]
    print(f"{'all':18}{visible.count('found'):4} of {len(visible):3}")
    sys.exit(0 if visible.count("found") >= 0.95 * len(visible) else 1)


main()
