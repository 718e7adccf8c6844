"""Attacks on every door, and the matrix of who may open which."""
