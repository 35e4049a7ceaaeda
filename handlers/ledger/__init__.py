"""Automatic bookings on bills: granted assistance, and the use of credits."""
