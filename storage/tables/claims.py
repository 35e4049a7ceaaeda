"""Claims on payers, their answers, and reminders to payers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table, where


class Claim(Table):
    """What one payer is asked to pay of one bill, with the lines that were, or will be, sent."""

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
    """The payer's place in the order in which payers are asked, from 1."""
    number: Mapped[int]
    """Which claim on this payer for this bill it is: a corrected one has the next number."""
    state: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int]
    """The sum of its lines, in minor units."""
    lines: Mapped[list[dict[str, Any]]]
    """The service lines as the payer wants them coded."""
    diagnoses: Mapped[list[dict[str, Any]]]
    replaces: Mapped[str]
    """The key of the claim that it corrects; empty for a first one."""
    their_reference: Mapped[str]
    """The payer's own number for it."""
    file_by: Mapped[date | None]
    """The last day on which the payer accepts it."""
    filed_on: Mapped[date | None]
    answer_by: Mapped[date | None]
    """When the payer must have answered."""
    appeal_by: Mapped[date | None]
    """The last day for an appeal against the answer."""
    look_on: Mapped[date | None]
    """The next day on which a person must check it; empty once nothing is left to do."""
    reason: Mapped[str] = mapped_column(Sealed())
    """Why it is in its state."""
    created_at: Mapped[datetime]


class UnclaimedBill(Table):
    """A bill that is not issued and was not yet checked for payers to claim from: a worklist."""

    __tablename__ = "unclaimed_bills"
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), primary_key=True)
    look_on: Mapped[date | None] = mapped_column(index=True)
    """Not to be checked before this day; empty for one to be checked at once."""


class ClaimAnswer(Table):
    """One answer of a payer, stored once per source and id; appended, never changed."""

    __tablename__ = "claim_answers"
    __table_args__ = (UniqueConstraint("source", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_key: Mapped[str] = mapped_column(ForeignKey("claims.key"), index=True)
    source: Mapped[str]
    source_id: Mapped[str]
    verdict: Mapped[str]
    answered_on: Mapped[date]
    paid: Mapped[int]
    """What the payer paid, in minor units."""
    lines: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson())
    their_reference: Mapped[str]
    payment_reference: Mapped[str]
    """The reference of the payment with which it was paid."""
    recorded_at: Mapped[datetime]


class ClaimReminder(Table):
    """One step of a payer's reminders about one claim; each step is taken at most once.

    A step that failed or was dropped may be taken again: the unique index leaves those out.
    """

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
    """1 for the first reminder."""
    amount: Mapped[int]
    """What the payer was asked for at that time, in minor units."""
    channel: Mapped[str]
    """How it is sent; ``hand`` where a person did it."""
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)
    state: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
