"""What the tick of the clock sets off."""
