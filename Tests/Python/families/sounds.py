"""Models of sound."""

CASES = []
