"""What a dunning run reads and saves."""
