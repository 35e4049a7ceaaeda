"""What a bank tells of, and money that goes back."""
