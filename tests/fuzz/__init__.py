"""Hostile inputs by seed: whole turns, readers of texts and files, forms and webhooks."""
