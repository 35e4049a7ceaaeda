"""Customers, and their contact points."""
