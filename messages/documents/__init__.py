"""What is printed: letters, bills, statements."""
