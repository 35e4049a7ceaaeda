"""A newcomer's first day, typed from a fresh clone to the first reminders: ``make first-day``."""
