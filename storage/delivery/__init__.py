"""Outbound messages: drafts, the outbox, letters, and the stop of all sending."""
