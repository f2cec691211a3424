"""Records what a model computes, as a fixture that `crosswalk verify` compares against.

    from crosswalk_recorder import record, recording

    record(model, {"input_ids": ids}, "fixture.h5")

    with recording(model, "fixture.h5"):
        pipeline("The cat sat.")
"""

from .checks import RecordingError, differences
from .drawing import draw
from .recording import record, recording
from .sensitive import sensitive

__all__ = ["RecordingError", "differences", "draw", "record", "recording", "sensitive"]
