"""Customers, and the ways to reach them."""
