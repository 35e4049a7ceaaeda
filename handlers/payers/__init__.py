"""Payers: coverage, estimates, authorisations, and claims from opening to the payer's answer."""
