"""Help with the cost: applied for, and decided about."""
