"""Insurers, agencies and employers: what they are asked for, and what they answer."""
