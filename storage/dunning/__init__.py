"""What a dunning run reads, decides and remembers."""
