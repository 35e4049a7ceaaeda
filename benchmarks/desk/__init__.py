"""What the desk reads, measured on a large book on both databases."""
