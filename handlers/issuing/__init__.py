"""Bills are issued, and reach their customers."""
