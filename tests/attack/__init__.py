"""Scripted attempts to be taken for a customer, at every entrance, and honest customers at the same."""
