"""Billing runs, how each bill reached its customer, and the links to bill pages."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import SealedJson
from storage.tables.base import Table, where


class BillingRun(Table):
    """A set of bills that is reviewed together and issued once a person approves it."""

    __tablename__ = "billing_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    issued_on: Mapped[date | None]
    """The issue day of all its bills, local to the creditor."""
    settled_at: Mapped[datetime | None]
    """When its last bill was issued, closed or left out."""


class BillingRunBill(Table):
    """One bill of a run: whether the run issues, closes or leaves it, and why."""

    __tablename__ = "billing_run_bills"
    __table_args__ = (
        UniqueConstraint("run_id", "bill_id"),
        where("ix_billing_run_bills_waiting", "run_id", "done_at IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_runs.id"))
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    verdict: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[str]
    amount: Mapped[int]
    """What the bill was to ask for when the run was proposed, in minor units."""
    currency: Mapped[str]
    way: Mapped[str | None]
    """How it is sent (a channel or post); empty where it is not issued."""
    done_at: Mapped[datetime | None]
    """When it was issued, closed or left for good; empty while it waits."""


class NumberSeries(Table):
    """The last number of a series that may have no gaps.

    Its row stays locked until the number's transaction ends: a rollback returns the number, which a database
    sequence would lose.
    """

    __tablename__ = "number_series"
    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class BillSending(Table):
    """One attempt to send one bill to its customer: the proof that it was sent."""

    __tablename__ = "bill_sendings"
    __table_args__ = (
        UniqueConstraint("bill_id", "number"),
        where("ix_bill_sendings_open", "queued_at", "state = 'queued'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    number: Mapped[int]
    """1 for the first attempt of this bill."""
    way: Mapped[str]
    state: Mapped[str]
    queued_at: Mapped[datetime]
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), unique=True)
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reference: Mapped[str]
    """The provider's id of the message, or the reference printed on the letter."""
    reason: Mapped[str]
    page: Mapped[dict[str, Any] | None] = mapped_column(SealedJson())
    """All that is printed on the bill as it was sent; empty where only a link was sent."""


class BillLink(Table):
    """A link to one bill's page, for one person; only a digest of its token is stored."""

    __tablename__ = "bill_links"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    """Where it was sent: wrong answers on the page count against this contact point, as in the chat."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class BillWay(Table):
    """The way by which a customer wants to get their bills."""

    __tablename__ = "bill_ways"
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    way: Mapped[str]
    chosen_at: Mapped[datetime]
