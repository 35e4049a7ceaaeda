"""Money that arrives."""
