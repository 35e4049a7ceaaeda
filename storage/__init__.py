"""The database: tables, migrations, and every read and write. Rows stay in here; callers get plain values."""
