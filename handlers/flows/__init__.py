"""Conversations, one a file, pure."""
