"""A policy is compared, checked and changed."""
