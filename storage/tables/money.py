"""Accounts, bills, payers and coverages, payments, and the ledger."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.keys import MEMBER, REFERENCE
from storage.sealing.types import Sealed, index_of
from storage.tables.base import Table, where
from storage.tables.written import Written


class Account(Table):
    """What one customer owes, in one currency; the guarantor is liable for it and gets the messages."""

    __tablename__ = "accounts"
    __table_args__ = (where("ix_accounts_due", "next_action_at", "next_action_at IS NOT NULL"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), unique=True)
    guarantor_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    currency: Mapped[str]
    next_action_at: Mapped[datetime | None]
    """When the dunning run checks it next (UTC); empty where nothing is to come."""
    policy_version: Mapped[str]
    """The policy under which that time was computed: after a change it is computed again."""


class Bill(Table):
    """One bill as it was issued. What is still owed is the sum of its ledger entries."""

    __tablename__ = "bills"
    __table_args__ = (
        Index("uq_bills_invoice_number", "invoice_number", unique=True),
        Index("ix_bills_id_key", "id_key"),
        Index("ix_bills_invoice_key", "invoice_key"),
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
    """What it asked for when it was issued, in minor units."""
    description: Mapped[str] = mapped_column(Written)
    sent_on: Mapped[date | None]
    """The day it reached the customer; empty where that is unknown or it has not yet."""
    fee_agreed: Mapped[bool]
    """Whether a reminder fee was agreed for it."""
    estimate: Mapped[int | None]
    """The good-faith estimate that it is held to, in minor units; empty where there was none."""
    prompt_off: Mapped[int | None]
    """The discount for prompt payment as it was offered, in minor units."""
    prompt_until: Mapped[date | None]
    """The last day of that discount."""
    state: Mapped[str] = mapped_column(default="issued", server_default="issued")
    """``open`` until a billing run has issued it: nobody is asked to pay it before."""
    invoice_number: Mapped[str | None]
    """The number it was issued under; without gaps for bills that Kvitt issues."""
    id_key: Mapped[str | None]
    """Its id by letters and digits alone, so that it is found however it is spelled."""
    invoice_key: Mapped[str | None]
    """Its invoice number, likewise."""
    episode: Mapped[int] = mapped_column(default=1)
    """Counts restarts of its reminders: a new episode begins at the first level again."""
    episode_since: Mapped[datetime | None]
    """No reminder of this episode is sent before this moment (UTC)."""


class Charge(Table):
    """One coded service line of a bill; amounts in minor units."""

    __tablename__ = "charges"
    id: Mapped[str] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    position: Mapped[int]
    service_on: Mapped[date]
    code_system: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[str]
    """A decimal number, as text."""
    unit_amount: Mapped[int]
    amount: Mapped[int]


class Payer(Table):
    """An insurer, agency, employer or other that pays a part of bills."""

    __tablename__ = "payers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """How it wants to be billed, and the days within which it must answer."""


class Coverage(Table):
    """A customer's coverage by a payer: member number, order among the coverages, first and last day."""

    __tablename__ = "coverages"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"))
    member_id: Mapped[str] = mapped_column(Sealed())
    member_index: Mapped[str | None] = mapped_column(index=True, info=index_of("member_id", MEMBER))
    """The keyed digest by which the coverages of a member number are found."""
    priority: Mapped[int]
    """The lowest is asked first."""
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    kind: Mapped[str] = mapped_column(default="", server_default="")
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What it leaves to the person (deductible, copayment, ceiling); empty where unknown."""


class Payment(Table):
    """A payment received, stored once per source and id; without an account it waits for the desk."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        where("ix_payments_unmatched", "amount", "account_id IS NULL"),
        Index("ix_payments_paid_on", "paid_on"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    """The bank, provider, collector or person at the desk that reported it."""
    source_id: Mapped[str]
    """The source's own id of it: the same payment is never stored twice."""
    reference: Mapped[str] = mapped_column(Sealed(Written()))
    reference_index: Mapped[str | None] = mapped_column(index=True, info=index_of("reference", REFERENCE))
    """The keyed digest by which the payments with a reference are found."""
    amount: Mapped[int]
    """In minor units, positive."""
    currency: Mapped[str]
    paid_on: Mapped[date]
    method: Mapped[str]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    received_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    payer: Mapped[str] = mapped_column(Written, default="", server_default="")
    """The name of the sender, as the bank gives it."""
    text: Mapped[str] = mapped_column(Sealed(Written()), default="", server_default="")
    """The message that the sender wrote to it."""


class Entry(Table):
    """A line of the ledger. Triggers refuse changes and deletes; a reversal is a new line, made once."""

    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"), index=True)
    kind: Mapped[str]
    amount: Mapped[int]
    """In minor units; positive raises what is owed."""
    currency: Mapped[str]
    booked_on: Mapped[date]
    """The day it counts for, local to the creditor."""
    recorded_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(unique=True)
    """Where this line comes from; the same thing is never booked twice."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    payer_id: Mapped[str | None] = mapped_column(ForeignKey("payers.id"))
    rule: Mapped[str | None]
    """The rule of the policy that it was booked by, if there was one."""
    reverses: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    """The entry that it reverses; unique, so that an entry is reversed at most once."""
