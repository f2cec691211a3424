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
from faults.judging import UNSEEN, verdict

ROOT = Path(__file__).resolve().parents[3]
CROSSWALK = os.environ.get("CROSSWALK", ROOT / ".build/release/crosswalk")


def diagnose(path, fixture):
    done = subprocess.run([CROSSWALK, "verify", path, fixture, "--diagnose", "--format", "json", "--quiet"], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout or "{}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", type=Path, default=[ROOT / "Fixtures/models" / name for name in ("bert-bare", "gpt2-lm", "transformer-translator")],
                        help="folders with a model and its fixture.h5")
    parser.add_argument("--most", type=int, default=40, help="how many faults of weights for each model")
    parser.add_argument("--pairs", type=int, default=0, help="how many pairs of faults for each model")
    parser.add_argument("-v", action="store_true", help="list those that were found, too")
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            source, path, fixture = Path(folder) / "model.h5", Path(folder) / "patient.h5", model / "fixture.h5"
            subprocess.run([CROSSWALK, "convert", model, source, "--quiet", "--force"], check=True, capture_output=True)
            with Patient(source, path) as patient:
                singles = catalogue.faults(patient, options.most)
            for fault in [*singles, *catalogue.pairs(singles, options.pairs)]:
                with Patient(source, path) as patient:
                    fault.write(patient)
                status, report = diagnose(path, fixture)
                causes = (report.get("diagnosis") or {}).get("causes", [])
                judged = verdict(fault, status, [cause["cause"] for cause in causes])
                cause = "two at once" if isinstance(fault.causes[0], tuple) else fault.causes[0]
                found.setdefault(cause, []).append(judged)
                if options.v or judged in ("wrong", "none"):
                    says = "; ".join(f"{c['cause']}: {c['says']} at {', '.join(c['nodes'][:2])}" for c in causes[:2])
                    print(f"{judged:8}{model.name:24}{fault.name:70}{says}", flush=True)
    print()
    for cause, verdicts in sorted(found.items()):
        visible = [v for v in verdicts if v not in UNSEEN]
        print(f"{cause:18}{visible.count('found'):4} of {len(visible):3}   ({len(verdicts) - len(visible)} invisible or refused)")
    singles = [v for cause, vs in found.items() for v in vs if v not in UNSEEN and cause != "two at once"]
    print(f"{'all single':18}{singles.count('found'):4} of {len(singles):3}")
    sys.exit(0 if singles.count("found") >= 0.95 * len(singles) else 1)


main()
