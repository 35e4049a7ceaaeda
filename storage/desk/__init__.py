"""Cases, staff, and what is forgotten."""
