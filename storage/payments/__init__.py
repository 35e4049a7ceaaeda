"""Payments received, returned, charged back and refunded."""
