"""Campaigns: created, previewed, run at a pace, stopped, and measured."""
