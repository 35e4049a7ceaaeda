"""Campaigns: whom they mean, what they say, and when they have to stop."""
