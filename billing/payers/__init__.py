"""Payers (insurers, agencies, employers): coverage, cost sharing, claims, answers, codes."""
