"""Cases, staff, and retention of texts."""
