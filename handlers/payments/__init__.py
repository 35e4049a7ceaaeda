"""Payments: matched, booked, thanked for; bounced, charged back, refunded; and the accountant's reports."""
