"""Campaigns: audience, message, arms, pace, and the rule that stops one that does harm."""
