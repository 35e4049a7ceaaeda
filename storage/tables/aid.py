"""Applications for help with the cost."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where, where


class AidApplication(Table):
    """Somebody asks for help with the cost: what they told, what was decided and by whom."""

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
    """The last day on which the law lets them apply; empty where none is set."""
    household: Mapped[int | None]
    income: Mapped[int | None]
    """Of a year, in minor units."""
    currency: Mapped[str]
    documents: Mapped[dict[str, Any]]
    """Each document that is asked for, and the day it came."""
    programme: Mapped[str]
    percent: Mapped[int | None]
    """What was granted, in hundredths of a percent of what the person owed."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str]
    renew_on: Mapped[date | None]
    look_on: Mapped[date | None]
    """The next day on which something is due about it."""
    round: Mapped[int]
    """How often it was decided: what is booked for a decision is booked once."""
