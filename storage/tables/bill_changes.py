"""What is changed about an issued bill: credit notes, and due days that were moved."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table
from storage.tables.written import Written


class CreditNote(Table):
    """An amount that was credited on a bill, under a number of its own."""

    __tablename__ = "credit_notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    """Without gaps."""
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    amount: Mapped[int]
    """In minor units, positive."""
    currency: Mapped[str]
    credited_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    made_by: Mapped[str]


class MovedDueDay(Table):
    """A due day of a bill that was moved."""

    __tablename__ = "moved_due_days"
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    before: Mapped[date]
    due_on: Mapped[date]
    """The day since then."""
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    moved_at: Mapped[datetime]
    moved_by: Mapped[str]
