"""The rules: values in, decisions out; no clock, no database, no network, no wording."""
