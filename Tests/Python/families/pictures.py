"""Models of pictures, and of pictures with text."""

CASES = []
