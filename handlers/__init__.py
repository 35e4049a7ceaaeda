"""Handlers: one transaction each for a message, a payment, a rep's decision, or something that is due."""
