"""Bills: charges, billing runs, reference numbers, invoices, statements, discounts, subscriptions."""
