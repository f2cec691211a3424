"""How far tests find Crosswalk from what a framework computes, for the tables that are made of them."""

BOUND = 2e-5
"""How far any output, state or attention may be from what a framework computes in float32."""

found = []
"""The differences that the test under way has measured."""


def note(error):
    """Adds one that is within its bound, and gives it back."""
    found.append(float(error))
    return error
