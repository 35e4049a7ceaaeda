"""Payments: recognising bank transactions, and the states of refunds."""
