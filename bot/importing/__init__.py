"""Files that come in, row by row."""
