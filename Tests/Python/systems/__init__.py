"""What came before and around the Transformer: small models by independent implementations, row by row.

Each module here lists systems of some rows in its `SYSTEMS`; `all_systems` has them all, in the order of the documentation's table
(Sources/Crosswalk/Crosswalk.docc/Systems.md). A module whose package is not installed is left out, and said to be.
"""

import dataclasses
import importlib
from collections.abc import Callable

MODULES = ["recurrent", "translation", "attention2017", "tensor2tensor", "positions", "byhand", "keras_layers", "packages", "words"]
"""In the order of the table."""

ABSENT = {}
"""The modules that are left out, with what they lack."""


@dataclasses.dataclass(frozen=True)
class System:
    """One model: how it is made, and what Crosswalk is to take it for."""

    row: str
    """The row of the documentation's table."""
    name: str
    """Unique among all."""
    make: Callable
    """Writes model.safetensors (or .keras, .h5, .pt), its config.json if it has one, and fixture.h5 into a folder."""
    family: str = None
    """The family that it must be recognised as, if any."""
    options: tuple = ()
    """What the command is told besides, such as --family FILE; {folder} is where the model was made."""


def all_systems():
    """The systems of all rows."""
    found = []
    for name in MODULES:
        try:
            found += importlib.import_module(f"{__name__}.{name}").SYSTEMS
        except ModuleNotFoundError as error:
            if (error.name or "").startswith(__name__):
                raise
            ABSENT[name] = error.name
    rows = list(dict.fromkeys(system.row for system in found))
    return sorted(found, key=lambda system: rows.index(system.row))
