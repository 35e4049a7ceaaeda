"""People and how they may be reached."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where


class Customer(Table):
    """Who was served, or answers for somebody who was."""

    __tablename__ = "customers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    birth_date: Mapped[date | None]
    language: Mapped[str]
    timezone: Mapped[str | None]
    country: Mapped[str]
    region: Mapped[str]
    address: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    guarantor_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    died_on: Mapped[date | None]
    stopped_at: Mapped[datetime | None]
    prefers_from: Mapped[time | None]
    prefers_until: Mapped[time | None]
    """The hours, local to them, in which they want to be written to; they only ever narrow the policy's."""
    note: Mapped[str]
    created_at: Mapped[datetime]


class Concern(Table):
    """Something about a person that changes what may be done: an interpreter, an unsafe number."""

    __tablename__ = "concerns"
    __table_args__ = (UniqueConstraint("customer_id", "kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    detail: Mapped[str]
    recorded_at: Mapped[datetime]


class Representative(Table):
    """Who may speak for a customer, within what, until when; nothing is said before a person checked it."""

    __tablename__ = "representatives"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    scope: Mapped[str]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    checked_by: Mapped[str | None]
    recorded_at: Mapped[datetime]


class Acceptance(Table):
    """What somebody accepted, in the very words they were shown."""

    __tablename__ = "acceptances"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    kind: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    accepted_at: Mapped[datetime]
    version: Mapped[str] = mapped_column(default="", server_default="")
    """Which obligations they were, whatever the language."""
    digest: Mapped[str] = mapped_column(default="", server_default="")
    """Of the very words that were shown."""
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What it allows: a fee in minor units, days to pay, what may be written about."""


class ContactPoint(Table):
    """An address on a channel: a phone number, a chat. It may belong to several customers, or to nobody."""

    __tablename__ = "contact_points"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    zones: Mapped[list[str]]
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    unreachable_at: Mapped[datetime | None]
    last_inbound_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    identified_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    identified_until: Mapped[datetime | None]
    proved_until: Mapped[datetime | None]
    """Until when a second answer about who is writing counts; it is asked for what must not go wrong."""
    wrong_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    person_since: Mapped[datetime | None]
    """A person has taken over the conversation; the bot is silent until they hand it back."""


class Contact(Table):
    """A customer may be reached at a contact point."""

    __tablename__ = "contacts"
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    contact_point_id: Mapped[int] = mapped_column(
        ForeignKey("contact_points.id"), primary_key=True, index=True
    )
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    """When the customer was asked whether it is still right, since it failed last."""


class Consent(Table):
    """What a customer allowed for a contact point: when, on what basis, and when it was taken back."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("customer_id", "contact_point_id", "granted_on", "basis"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    granted_on: Mapped[date]
    basis: Mapped[str]
    revoked_at: Mapped[datetime | None]
    topics: Mapped[list[str] | None]
    """What it speaks of; empty where it names nothing in particular."""


class Verification(Table):
    """A new address that has to confirm itself before anything is sent there about the customer."""

    __tablename__ = "verifications"
    __table_args__ = (only_one_where("uq_verifications_open", "contact_point_id", "settled_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    asked_from_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str]


class Invitation(Table):
    """A deep link that binds a chat to a customer, once."""

    __tablename__ = "invitations"
    nonce: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
