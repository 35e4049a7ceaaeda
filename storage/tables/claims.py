"""Claims on payers, and what they answered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, where


class Claim(Table):
    """What one payer is asked to take over of one bill. Its lines are what was, or will be, sent."""

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("bill_id", "sequence", "number"),
        where("ix_claims_worklist", "look_on", "look_on IS NOT NULL"),
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"), index=True)
    coverage_id: Mapped[str | None] = mapped_column(ForeignKey("coverages.id"))
    sequence: Mapped[int]
    number: Mapped[int]
    """The how-manieth claim on this payer in this place it is: a corrected one has the next."""
    state: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int]
    lines: Mapped[list[dict[str, Any]]]
    diagnoses: Mapped[list[dict[str, Any]]]
    replaces: Mapped[str]
    their_reference: Mapped[str]
    file_by: Mapped[date | None]
    filed_on: Mapped[date | None]
    answer_by: Mapped[date | None]
    appeal_by: Mapped[date | None]
    look_on: Mapped[date | None]
    """The next day on which somebody must look at it; empty once nobody must."""
    reason: Mapped[str]
    created_at: Mapped[datetime]


class UnclaimedBill(Table):
    """A bill that is not issued, of which nobody has seen yet whether a payer is to be asked for it."""

    __tablename__ = "unclaimed_bills"
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), primary_key=True)
    look_on: Mapped[date | None] = mapped_column(index=True)
    """Not before this day; empty for one that is to be looked at at once."""


class ClaimAnswer(Table):
    """One answer of a payer, once per source and id; appended, never changed."""

    __tablename__ = "claim_answers"
    __table_args__ = (UniqueConstraint("source", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_key: Mapped[str] = mapped_column(ForeignKey("claims.key"), index=True)
    source: Mapped[str]
    source_id: Mapped[str]
    verdict: Mapped[str]
    answered_on: Mapped[date]
    paid: Mapped[int]
    lines: Mapped[list[dict[str, Any]]]
    their_reference: Mapped[str]
    payment_reference: Mapped[str]
    recorded_at: Mapped[datetime]


class ClaimReminder(Table):
    """One step of a payer's reminder ladder about one claim: at most one is under way or went out."""

    __tablename__ = "claim_reminders"
    __table_args__ = (
        Index(
            "uq_claim_reminders_step",
            "claim_key",
            "number",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'queued', 'sent')"),
            postgresql_where=text("state IN ('waiting', 'queued', 'sent')"),
        ),
        where("ix_claim_reminders_waiting", "payer_id", "state = 'waiting'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_key: Mapped[str] = mapped_column(ForeignKey("claims.key"), index=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"))
    number: Mapped[int]
    amount: Mapped[int]
    """What the payer was being asked for then."""
    channel: Mapped[str]
    """How it goes; ``hand`` where a person did it."""
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)
    state: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
