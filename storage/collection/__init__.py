"""Bills at a collector: placements, files, and what was paid over."""
