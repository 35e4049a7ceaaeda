"""Inbound messages, and the conversations that are open."""
