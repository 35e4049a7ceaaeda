"""What customers' texts mean."""
