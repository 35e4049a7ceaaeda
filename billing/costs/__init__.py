"""What services cost, what that is estimated at, and who gets help with it."""
