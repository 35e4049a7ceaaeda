"""A sample clinic on a throw-away database, with simulated phones and a clock that can be moved."""
