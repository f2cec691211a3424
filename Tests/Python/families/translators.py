"""Encoder-decoders."""

CASES = []
