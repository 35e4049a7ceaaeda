"""The real code on a virtual clock, with simulated people and carriers, and invariants to check."""
