"""Prices, estimates, and help with the cost."""
