#!/usr/bin/env bash
# Checks that imports only run down the house, as the manifest declares them.
set -euo pipefail
cd "$(dirname "$0")/.."

swift package dump-package | python3 -c '
import json, pathlib, re, sys

FLOORS = [
    ["CHDF5", "CJSON", "CBLAS", "CZlib", "CKernels"],
    ["Diagnostics"],
    ["Tensors", "Documents"],
    ["Architectures"],
    ["Containers", "Families", "Engine", "Reports"],
    ["KerasModels"],
    ["Crosswalk"],
    ["CrosswalkCommand"],
]
# The rooms behind each door to C.
ROOMS = {"CHDF5": ["Containers"], "CJSON": ["Documents"], "CBLAS": ["Engine"], "CKernels": ["Engine"],
         "CZlib": ["Containers", "Reports"]}
SYSTEM = {"Glibc", "Musl", "Darwin", "Synchronization", "Dispatch"}
FOUNDATION_FROM = 4

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|typealias|func|var|let)\s+)?(\w+)")

floor = {name: number for number, names in enumerate(FLOORS) for name in names}
targets = {target["name"]: target for target in json.load(sys.stdin)["targets"]}
faults = []

def declared(target):
    return {next(iter(dependency.values()))[0] for dependency in target["dependencies"]}

def refusal(name, target, module):
    is_test = target["type"] == "test" or name == "TestSupport"
    if module in ("Foundation", "FoundationEssentials"):
        low = not is_test and floor.get(name, 9) < FOUNDATION_FROM
        return f"{module} is for floor {FOUNDATION_FROM} and above" if low else None
    if module in SYSTEM or (is_test and module == "Testing"):
        return None
    if module not in declared(target):
        return f"Package.swift does not declare {module} for {name}"
    if module in ROOMS and name not in ROOMS[module]:
        return f"{module} is for {ROOMS[module]} only"
    if not is_test and module in floor and floor[module] >= floor.get(name, 9):
        return f"{module} is on floor {floor[module]}, {name} on floor {floor[name]}"
    return None

for name, target in targets.items():
    is_test = target["type"] == "test"
    if target["type"] == "regular" and name not in floor and name != "TestSupport":
        faults.append(f"{name} has no floor in Scripts/imports.sh")
    folder = pathlib.Path(target.get("path") or ("Tests" if is_test else "Sources") + "/" + name)
    for file in sorted(folder.rglob("*.swift")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            match = IMPORT.match(line)
            fault = match and refusal(name, target, match[1])
            if fault:
                faults.append(f"{file}:{number}: {fault}")

print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
sys.exit(bool(faults))
'
