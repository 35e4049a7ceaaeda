"""Ledgers kept elsewhere: which bills follow one, and the lists of open items that were taken."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table
from storage.tables.written import Written


class FollowedBill(Table):
    """A bill that follows a ledger kept elsewhere; it follows one, and no other."""

    __tablename__ = "followed_bills"
    __table_args__ = (Index("ix_followed_bills_ledger", "ledger"),)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), primary_key=True)
    ledger: Mapped[str]
    listed: Mapped[int | None]
    """What the last list had open on it, in minor units; empty until one had it."""
    differs_since: Mapped[date | None]
    """The day of the first list in a row that had more open than is owed here."""


class OpenItemList(Table):
    """A list of open items that was taken."""

    __tablename__ = "open_item_lists"
    __table_args__ = (Index("ix_open_item_lists_ledger", "ledger", "as_of"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ledger: Mapped[str]
    as_of: Mapped[date]
    """The day at whose end it was true, there."""
    taken_at: Mapped[datetime]
    taken_by: Mapped[str]
    sums: Mapped[dict[str, Any]]
    """By currency: how many items, and what they add up to in minor units."""
    totalled: Mapped[bool]
    """Whether it ended with its total."""
    last_bill: Mapped[str]
    """The last bill of ours that it had open, in the order of its file; empty if it had none."""
    counts: Mapped[dict[str, Any]]
    """How many bills changed, by what was done."""
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    """Why it was taken although it was doubted; empty where it was not."""
