"""Campaigns: named, previewed, run, stopped, and counted."""
