"""Reminders and notices: planned, written, and looked at again after every change."""
