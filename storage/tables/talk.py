"""Inbound messages, outbound messages, and the conversations between."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table, only_one_where, where
from storage.tables.written import Written, WrittenJson


class Conversation(Table):
    """A conversation: its offer and the answers so far, by name. At most one per contact point is open."""

    __tablename__ = "conversations"
    __table_args__ = (
        only_one_where("uq_conversations_open", "contact_point_id", "state = 'open'"),
        where("ix_conversations_expiry", "expires_at", "state = 'open'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    flow: Mapped[str]
    offer: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()))
    """What the flow was started with; it stays the same while the conversation is open."""
    answers: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()))
    """The customer's answers as text, by the name of the question."""
    asked: Mapped[str]
    """The name of the question that waits for an answer."""
    asked_at: Mapped[datetime]
    misreads: Mapped[int]
    """How often in a row an answer could not be understood."""
    then: Mapped[str] = mapped_column(Sealed(Written()))
    """What the customer asked for before they had to identify themselves."""
    agenda: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()), server_default="{}")
    """What the customer also wants, to be come to once the conversation is over."""
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str]


class Inbox(Table):
    """Every inbound message, once per provider id; committed before it is answered."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        where("ix_inbox_waiting", "next_try_at", "state = 'waiting'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    provider_id: Mapped[str]
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed(Written()))
    asked_at: Mapped[str]
    """The provider's id of the message whose button was pressed; empty for a typed text."""
    sender: Mapped[str]
    """Who wrote it where several people share a chat: the user's id, in the staff chat."""
    received_at: Mapped[datetime]
    state: Mapped[str]
    tries: Mapped[int]
    """How often a turn for it failed."""
    next_try_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class Outbox(Table):
    """Every outbound message: nothing is sent that is not a committed row here."""

    __tablename__ = "outbox"
    __table_args__ = (
        where("ix_outbox_waiting", "not_before", "state = 'queued'"),
        # Messages being sent or in doubt are few beside all that were settled: the search for lost senders
        # reads only them.
        where("ix_outbox_sending", "leased_until", "state IN ('sending', 'in_doubt')"),
        Index("ix_outbox_provider_id", "channel", "provider_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """What this message answers or demands; the same message is never queued twice."""
    reference: Mapped[str] = mapped_column(unique=True)
    """Our id for the provider, hard to guess: delivery reports come back with it."""
    purpose: Mapped[str]
    channel: Mapped[str]
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"), index=True)
    level: Mapped[int | None] = mapped_column(Integer)
    edits: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    """The message on the customer's screen that this one replaces."""
    sayings: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson(WrittenJson()))
    """What it says, as names and facts: the text is rendered from these right before it is sent."""
    content: Mapped[int] = mapped_column(Integer)
    """How much it discloses: 0 a notice only, 1 amounts, 2 line items."""
    language: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed(Written()))
    choices: Mapped[list[dict[str, Any]]] = mapped_column(SealedJson(WrittenJson()))
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Written)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    begun_at: Mapped[datetime | None]
    """When the network call began (UTC)."""
    leased_until: Mapped[datetime | None]
    """While it is sending, the moment after which its sender counts as lost (UTC)."""
    tries: Mapped[int]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    """The provider's own id of it."""
    code: Mapped[str]
