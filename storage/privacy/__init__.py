"""What is known about one person in every table, and how it is erased."""
