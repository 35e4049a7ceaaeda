"""Conversations, one a file, as pure functions of the offer and the answers."""
