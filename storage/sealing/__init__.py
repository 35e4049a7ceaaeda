"""What identifies a person is sealed before it reaches the database: keys, column types, indexes."""
