"""One turn of a conversation: a customer's text is read, answered, and what was agreed is written."""
