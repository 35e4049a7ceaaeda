"""The running program: edges and processes."""
