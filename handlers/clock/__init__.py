"""Work that is due by time alone: digest, expiry, erasure, overdue cases, news for the staff chat."""
