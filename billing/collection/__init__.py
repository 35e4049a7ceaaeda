"""Bills at a collector: how they get there, and what the contract says."""
