"""Campaigns, and what came of them."""
