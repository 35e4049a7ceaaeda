"""Outbound wording: every message in every language, fitted to its channel."""
