"""What came in, and the conversations that are open."""
