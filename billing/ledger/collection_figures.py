"""Figures of a whole book: how long bills are outstanding, and how much of what could be was collected.

Amounts are minor units of one currency.
"""

from __future__ import annotations


def days_sales_outstanding(owed: int, asked: int, days: int) -> float | None:
    """How many days of billing are outstanding: what is owed over what was asked in so many days, times them.

    None where nothing was asked.
    """
    return round(owed * days / asked, 1) if asked > 0 else None


def collection_effectiveness(before: int, asked: int, after: int, not_due: int) -> float | None:
    """The share of what could be collected in a period that was: 1.0 is all of it.

    ``before`` and ``after`` are what was owed at its beginning and end, ``not_due`` what of the latter is not
    due yet, ``asked`` what was billed in it. None where nothing could be collected.
    """
    could = before + asked - not_due
    return round((before + asked - after) / could, 4) if could > 0 else None
