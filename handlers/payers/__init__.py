"""Payers: what they are asked for, and what they answer."""
