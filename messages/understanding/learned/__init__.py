"""The learned reader: what it knows of a language is weights, trained from the lines of `said/`."""
