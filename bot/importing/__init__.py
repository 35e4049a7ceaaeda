"""Imports of customers, coverages, bills, charges and payments; each row is checked before it is saved."""
