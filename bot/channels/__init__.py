"""Talking to the providers: one adapter a channel."""
