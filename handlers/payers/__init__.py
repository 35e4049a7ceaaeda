"""Payers: who is covered, what it will cost, what payers are asked for, and what they answer."""
