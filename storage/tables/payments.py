"""What comes with payments: bank files, refunds, chargebacks, payment links, closed periods."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table, where
from storage.tables.written import Written


class PaymentMark(Table):
    """One identifying mark of a payment (a bank's reference, a provider's id); unique over all payments.

    A payment that arrives by two ways shares a mark and is recognised as the same.
    """

    __tablename__ = "payment_marks"
    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)


class BankFile(Table):
    """A bank's file that was read; its digest shows when the same file is read again."""

    __tablename__ = "bank_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    kind: Mapped[str]
    read_at: Mapped[datetime]
    read_by: Mapped[str]


class BankAccountName(Table):
    """Another name that files have for a bank account, as a bankgiro number beside its IBAN."""

    __tablename__ = "bank_account_names"
    name: Mapped[str] = mapped_column(primary_key=True)
    """In capital letters and digits alone."""
    account: Mapped[str]
    """The name that its payments are known by."""
    named_at: Mapped[datetime]
    named_by: Mapped[str]


class BankLine(Table):
    """One line of a bank's file, and its result; appended, never changed."""

    __tablename__ = "bank_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("bank_files.id"), index=True)
    position: Mapped[str]
    """Where in the file it is."""
    booked_on: Mapped[date] = mapped_column(index=True)
    amount: Mapped[int]
    """In minor units; negative for money that left."""
    currency: Mapped[str]
    fate: Mapped[str]
    """``booked``, ``unmatched``, ``duplicate``, ``returned``, ``rejected`` or ``ignored``."""
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)


class Refund(Table):
    """Money on its way back to the payment it came from."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        where("ix_refunds_open", "id", "state IN ('requested', 'approved_once', 'approved')"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    source: Mapped[str]
    """Who paid it back: ``desk``, or the provider that reported it."""
    source_id: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    """When the first of two people approved it, and by whom: large refunds need two."""
    approved_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    """When it was sent, or failed."""
    settled_by: Mapped[str | None]
    their_reference: Mapped[str]


class Chargeback(Table):
    """A payment that the payer's bank took back: disputed, then won or lost."""

    __tablename__ = "chargebacks"
    __table_args__ = (UniqueConstraint("source", "source_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    source: Mapped[str]
    source_id: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str] = mapped_column(Written)
    state: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Checkout(Table):
    """A payment link at a provider: for which bill or account, how much, until when."""

    __tablename__ = "checkouts"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"))
    """Empty where it pays the whole account."""
    amount: Mapped[int]
    currency: Mapped[str]
    url: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ProviderEvent(Table):
    """An event that a payment provider sent; each of its ids is handled once."""

    __tablename__ = "provider_events"
    __table_args__ = (UniqueConstraint("source", "event_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]
    received_at: Mapped[datetime]


class ClosedPeriod(Table):
    """Every day up to ``through`` is closed: a trigger refuses entries there; appended, never changed."""

    __tablename__ = "closed_periods"
    id: Mapped[int] = mapped_column(primary_key=True)
    through: Mapped[date] = mapped_column(unique=True)
    """The last closed day, local to the creditor."""
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
