"""The database itself: engine, schema, transactions, and how statements are made."""
