"""What is said and what is understood."""
