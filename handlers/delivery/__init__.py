"""Messages and letters leave, after a last look."""
