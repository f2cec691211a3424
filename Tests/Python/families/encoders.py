"""Encoders: BERT and what came of it."""

CASES = []
