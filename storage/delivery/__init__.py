"""What goes out: drafts, the outbox, letters, and the stop of all sending."""
