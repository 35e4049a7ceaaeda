"""Billing runs, how each bill reached its customer, and the links to bill pages."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, where


class BillingRun(Table):
    """Finished accounts that are looked over together, and become bills once a person approves."""

    __tablename__ = "billing_runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    issued_on: Mapped[date | None]
    """The day that all its bills carry, local to the creditor."""
    settled_at: Mapped[datetime | None]


class BillingRunBill(Table):
    """One bill of a run: what is done with it, and why it is left or closed."""

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
    """What it was to ask for when the run was proposed."""
    currency: Mapped[str]
    way: Mapped[str | None]
    done_at: Mapped[datetime | None]
    """When it was issued, closed or left for good; empty while it waits."""


class NumberSeries(Table):
    """The last number of a series that may have no gaps: its row is held until the number is used."""

    __tablename__ = "number_series"
    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class BillSending(Table):
    """One try to bring one bill to its customer: the proof that it was sent."""

    __tablename__ = "bill_sendings"
    __table_args__ = (
        UniqueConstraint("bill_id", "number"),
        where("ix_bill_sendings_open", "queued_at", "state = 'queued'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    number: Mapped[int]
    way: Mapped[str]
    state: Mapped[str]
    queued_at: Mapped[datetime]
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), unique=True)
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reference: Mapped[str]
    """What the provider, or the letter itself, calls it."""
    reason: Mapped[str]
    page: Mapped[dict[str, Any] | None]
    """All that is printed on the bill as it left; empty where only a link left."""


class BillLink(Table):
    """A link to one bill's page, for one person; only a digest of its token is kept."""

    __tablename__ = "bill_links"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    """Where it was sent: wrong tries count there, as in the chat."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class BillWay(Table):
    """The way a customer wants their bills by."""

    __tablename__ = "bill_ways"
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    way: Mapped[str]
    chosen_at: Mapped[datetime]
