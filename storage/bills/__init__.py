"""Bills, how they are issued, and how they were sent."""
