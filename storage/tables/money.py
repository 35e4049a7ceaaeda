"""Accounts, bills, what payers cover, and the ledger."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, where


class Account(Table):
    """What one customer owes, in one currency; ``guarantor_id`` is who answers for it and is written to."""

    __tablename__ = "accounts"
    __table_args__ = (where("ix_accounts_due", "next_action_at", "next_action_at IS NOT NULL"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), unique=True)
    guarantor_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    currency: Mapped[str]
    next_action_at: Mapped[datetime | None]
    policy_version: Mapped[str]


class Bill(Table):
    """What was asked for, on one piece of paper. What is still owed is what its entries add up to."""

    __tablename__ = "bills"
    __table_args__ = (
        Index("uq_bills_invoice_number", "invoice_number", unique=True),
        where("ix_bills_unbilled", "id", "state <> 'issued'"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    """A running number, from which the payment reference is made."""
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    amount: Mapped[int]
    description: Mapped[str]
    sent_on: Mapped[date | None]
    fee_agreed: Mapped[bool]
    estimate: Mapped[int | None]
    prompt_off: Mapped[int | None]
    """What is taken off when it is paid promptly, in minor units, as it was promised."""
    prompt_until: Mapped[date | None]
    """The last day of that."""
    state: Mapped[str] = mapped_column(default="issued", server_default="issued")
    """``open`` until the billing run has issued it: nobody is asked to pay it before."""
    invoice_number: Mapped[str | None]
    """The number it was issued under; without a gap, for those that we issue."""
    episode: Mapped[int] = mapped_column(default=1)
    episode_since: Mapped[datetime | None]


class Charge(Table):
    """One coded service line of a bill."""

    __tablename__ = "charges"
    id: Mapped[str] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    position: Mapped[int]
    service_on: Mapped[date]
    code_system: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[str]
    unit_amount: Mapped[int]
    amount: Mapped[int]


class Payer(Table):
    """An insurer, agency, employer or other who takes over a part."""

    __tablename__ = "payers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """How it wants to be billed, and the days it is bound to."""


class Coverage(Table):
    """Who covers a customer, as which member, in which order, from when until when."""

    __tablename__ = "coverages"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"))
    member_id: Mapped[str]
    priority: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    kind: Mapped[str] = mapped_column(default="", server_default="")
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What it leaves to the person; empty where nobody knows."""


class Payment(Table):
    """Money that arrived, once per source and id; without an account it waits for the desk."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        where("ix_payments_unmatched", "amount", "account_id IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    source_id: Mapped[str]
    reference: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    paid_on: Mapped[date]
    method: Mapped[str]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    received_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    payer: Mapped[str] = mapped_column(default="", server_default="")
    """Who paid, as the bank calls them."""
    text: Mapped[str] = mapped_column(default="", server_default="")
    """What they wrote to it."""


class Entry(Table):
    """A line of the ledger. Triggers refuse to change or delete it; a reversal is a new line, once."""

    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"), index=True)
    kind: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    booked_on: Mapped[date]
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(unique=True)
    """What this line comes from; the same thing is never booked twice."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    payer_id: Mapped[str | None] = mapped_column(ForeignKey("payers.id"))
    rule: Mapped[str | None]
    reverses: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
