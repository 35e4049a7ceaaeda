"""Backups of the database: made while everything runs, checked, and restored."""
