"""Issuing of bills: billing runs, recurring bills, and sending with proof."""
