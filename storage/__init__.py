"""What is remembered: tables, migrations, and every read and write."""
