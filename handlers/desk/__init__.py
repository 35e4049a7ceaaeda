"""A rep decides."""
