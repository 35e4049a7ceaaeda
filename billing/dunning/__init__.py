"""What is demanded next, when it may be, and what stands in its way."""
