"""Placement of bills with a collector: decision, file, report, recall."""
