"""Bills at a collector: placements, files, and remittances."""
