"""Changing a policy, comparing two, and checking the wording of its messages."""
