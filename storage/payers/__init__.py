"""Coverages, claims, and what payers were asked and answered."""
