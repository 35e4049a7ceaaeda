"""Scripted attempts to be taken for a customer, over every door, and honest customers over the same doors."""
