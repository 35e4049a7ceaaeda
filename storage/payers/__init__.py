"""Payers: coverages, eligibility, authorisations, claims, and their answers."""
