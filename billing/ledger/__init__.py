"""The ledger: amounts, entries, balances, allocation of payments, journal, aging."""
