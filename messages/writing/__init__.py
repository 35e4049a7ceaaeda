"""What is said: every message, in every language, as its channel carries it."""
