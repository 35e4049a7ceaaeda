"""State of a bill up to its issue."""

from __future__ import annotations

from enum import StrEnum


class BillState(StrEnum):
    """It collects charges; it is not owed before it is issued."""

    OPEN = "open"
    """Payers have still to answer, or the next billing run has still to take it."""
    PROPOSED = "proposed"
    """It is in a billing run that waits for approval."""
    ISSUED = "issued"
    CLOSED = "closed"
    """Nothing was left to the person when the billing run looked: it is never sent. Should something come
    back to them (a payer reverses its answer), the next run takes it."""
