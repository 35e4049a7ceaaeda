"""Bills as they are registered, read and accepted."""
