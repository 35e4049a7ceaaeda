"""People, their contact points, consents, and who may speak for them."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedDate, plain_of
from storage.tables.base import Table, only_one_where


class Customer(Table):
    """A person who was served, or who is the guarantor of one."""

    __tablename__ = "customers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    birth_date: Mapped[date | None] = mapped_column("birth_sealed", SealedDate(), key="birth_date")
    birth_plain: Mapped[date | None] = mapped_column(
        "birth_date", key="birth_plain", info=plain_of("birth_date")
    )
    """Of the release before this one; emptied when the database was sealed."""
    language: Mapped[str]
    timezone: Mapped[str | None]
    """Where they live, as an IANA name; empty where it is derived from address or number."""
    country: Mapped[str]
    region: Mapped[str]
    address: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    guarantor_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    """Who is liable for their bills; empty where they are themselves."""
    died_on: Mapped[date | None]
    stopped_at: Mapped[datetime | None]
    """When they opted out of messages (UTC); empty where they did not."""
    prefers_from: Mapped[time | None]
    prefers_until: Mapped[time | None]
    """The hours, local to them, in which they want messages; they only narrow the policy's hours."""
    note: Mapped[str] = mapped_column(Sealed())
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    """When the person was erased (UTC): only the id is left, which the records kept are under."""


class Concern(Table):
    """A fact about a person that changes what may be done: they need an interpreter, a number is unsafe."""

    __tablename__ = "concerns"
    __table_args__ = (UniqueConstraint("customer_id", "kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    detail: Mapped[str] = mapped_column(Sealed())
    recorded_at: Mapped[datetime]


class Representative(Table):
    """A person who may speak for a customer: for what, and until when.

    Nothing is disclosed to them before a member of staff checked it (``checked_by``).
    """

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
    """What a customer accepted, in the exact words that were shown; appended, never changed."""

    __tablename__ = "acceptances"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed())
    language: Mapped[str]
    accepted_at: Mapped[datetime]
    version: Mapped[str] = mapped_column(default="", server_default="")
    """Which obligations they were, the same in every language."""
    digest: Mapped[str] = mapped_column(default="", server_default="")
    """The digest of the exact words that were shown."""
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What it allows: a fee in minor units, days to pay, topics of messages."""


class ContactPoint(Table):
    """An address on a channel: a phone number, a chat. It may belong to several customers, or to none."""

    __tablename__ = "contact_points"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    zones: Mapped[list[str]]
    """Every time zone that the address allows: sending hours must fit all of them."""
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    unreachable_at: Mapped[datetime | None]
    """Since when messages fail there (UTC); empty where they arrive."""
    last_inbound_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    """When a customer last said that the address is right (UTC)."""
    identified_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    """The customer who identified themselves there, valid until ``identified_until``."""
    identified_until: Mapped[datetime | None]
    proved_until: Mapped[datetime | None]
    """Until when a second identifying answer counts; sensitive requests ask for it."""
    wrong_tries: Mapped[int] = mapped_column(default=0)
    """Of the release before this one, as ``locked_until``: wrong answers are rows of their own now."""
    locked_until: Mapped[datetime | None]
    person_since: Mapped[datetime | None]
    """Since when a member of staff answers there: the bot is silent until they hand it back."""
    not_the_customer_at: Mapped[datetime | None]
    """When somebody there said not to be the customer (UTC), until a person has looked."""
    whose_unclear_at: Mapped[datetime | None]
    """When a text there left open whose bill is talked about (UTC), until somebody has identified there."""
    idle_texts: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many texts in a row told nothing: perhaps a machine answers there."""
    idle_at: Mapped[datetime | None]
    """When the last of them came (UTC)."""
    idle_reply: Mapped[str] = mapped_column(default="", server_default="")
    """What the last text that led nowhere was answered, as the keys of its sayings."""


class Contact(Table):
    """A customer may be reached at a contact point."""

    __tablename__ = "contacts"
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    # The key begins with the customer; the index finds the customers of a contact point.
    contact_point_id: Mapped[int] = mapped_column(
        ForeignKey("contact_points.id"), primary_key=True, index=True
    )
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]
    """Whose word retired it: the register's, the customer's, the carrier's; empty where nobody noted it."""
    asked_at: Mapped[datetime | None]
    """When the customer was asked whether the address is still right, since it last began to fail."""
    identified_at: Mapped[datetime | None]
    """When the customer last identified there (UTC); empty where they never did."""


class WrongAnswer(Table):
    """A wrong answer to the identity question: about whom, and where it was given."""

    __tablename__ = "wrong_answers"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    """Empty where nobody is reached at the contact point."""
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    verified: Mapped[bool]
    """Whether the customer had identified there before: such answers are counted by themselves."""
    entrance: Mapped[str]
    at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    """When a person looked at the lock it led to (UTC): that lock is over."""


class Consent(Table):
    """A customer's consent for a contact point: since when, on what basis, and when it was withdrawn."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("customer_id", "contact_point_id", "granted_on", "basis"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    granted_on: Mapped[date]
    basis: Mapped[str]
    revoked_at: Mapped[datetime | None]
    topics: Mapped[list[str] | None]
    """The topics that it covers; empty where it is not limited."""


class Verification(Table):
    """A new address that must confirm itself before anything about the customer is sent there."""

    __tablename__ = "verifications"
    __table_args__ = (only_one_where("uq_verifications_open", "contact_point_id", "settled_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"))
    asked_from_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    """The contact point from which it was requested."""
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str]


class Invitation(Table):
    """A deep link that connects a chat to a customer, usable once."""

    __tablename__ = "invitations"
    nonce: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
