"""Financial assistance: applications and decisions."""
