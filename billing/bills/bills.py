"""Where a bill stands before anybody is asked to pay it."""

from __future__ import annotations

from enum import StrEnum


class BillState(StrEnum):
    """A bill gathers its charges while it is open; nobody is asked for it before it is issued."""

    OPEN = "open"
    """Payers have still to answer, or the next billing run has still to take it."""
    PROPOSED = "proposed"
    """In a billing run that nobody has approved yet."""
    ISSUED = "issued"
    CLOSED = "closed"
    """Nothing was left to the person when the billing run looked: it is never sent. Should something come
    back to them (a payer reverses its answer), the next run takes it."""
