"""Files come in: customers, coverages, bills, charges and payments, each row checked before it counts."""
