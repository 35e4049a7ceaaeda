"""A customer writes: what is wanted, what is answered, and what follows."""
