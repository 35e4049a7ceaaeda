"""Bills: registered, shown, stated on account statements, and the terms accepted beforehand."""
