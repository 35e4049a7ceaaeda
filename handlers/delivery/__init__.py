"""Messages and letters are checked once more and handed to their carrier."""
