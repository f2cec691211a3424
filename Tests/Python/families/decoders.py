"""Decoders with names of their own."""

CASES = []
