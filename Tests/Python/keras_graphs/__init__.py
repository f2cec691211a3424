"""Keras models of every layer that is read, and the proof that the graph computes what Keras computes."""
