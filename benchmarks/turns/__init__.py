"""Texts of customers to one process of ours, beside the same web stack that only stores them."""
