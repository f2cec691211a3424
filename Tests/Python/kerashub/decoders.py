"""Decoders."""

from . import TOKENS, VOCABULARY, Case

CASES = []
