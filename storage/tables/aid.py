"""Applications for help with the cost (financial assistance)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table, only_one_where, where


class AidApplication(Table):
    """A customer's application for help with the cost: what they reported, what was decided and by whom.

    At most one per customer waits for a decision.
    """

    __tablename__ = "aid_applications"
    __table_args__ = (
        only_one_where("uq_aid_applications_open", "customer_id", "state IN ('asked', 'complete')"),
        where("ix_aid_applications_due", "look_on", "look_on IS NOT NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    state: Mapped[str]
    asked_at: Mapped[datetime]
    closes_on: Mapped[date | None]
    """The last day on which the law lets them apply; empty where there is none."""
    household: Mapped[int | None]
    """The number of people in the household."""
    income: Mapped[int | None]
    """The household's income in a year, in minor units."""
    currency: Mapped[str]
    documents: Mapped[dict[str, Any]]
    """Each required document by name, with the day it came (ISO) or nothing yet."""
    programme: Mapped[str]
    percent: Mapped[int | None]
    """What was granted, in hundredths of a percent of what the person owed."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str] = mapped_column(Sealed())
    renew_on: Mapped[date | None]
    look_on: Mapped[date | None]
    """The next day on which something about it is due (a document, a decision, a renewal)."""
    round: Mapped[int]
    """How often it was decided. It is part of the booking's source, so each decision is booked once."""
