"""Bills go to a collector, and come back."""
