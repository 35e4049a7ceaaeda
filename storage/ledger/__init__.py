"""Accounts, entries, and periods that are closed."""
