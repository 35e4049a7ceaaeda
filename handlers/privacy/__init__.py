"""People's rights: everything about a person handed out, and a person forgotten."""
