"""Accounts: the snapshot of a person, holds, stop states, concerns, channels, roles, the creditor."""
