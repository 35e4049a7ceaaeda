"""Customers, their contact points, consent and opt-outs."""
