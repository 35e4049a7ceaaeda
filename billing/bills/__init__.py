"""Bills: what they are made of, when they are issued, and how they are paid."""
