"""Printed documents: letters, bills, statements, as PDF."""
