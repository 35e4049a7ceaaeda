"""Costs: price lists, estimates, financial assistance."""
