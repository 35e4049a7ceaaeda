"""Reminders and notices: planned, queued, and rescheduled after every change to an account."""
