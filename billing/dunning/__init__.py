"""Dunning rules: the level due next, when it may be sent, and what blocks it."""
