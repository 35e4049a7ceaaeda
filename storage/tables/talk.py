"""What came in, what goes out, and the conversations between."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where, where


class Conversation(Table):
    """A conversation: its offer and the answers so far, by name. One at a time is open on a contact point."""

    __tablename__ = "conversations"
    __table_args__ = (
        only_one_where("uq_conversations_open", "contact_point_id", "state = 'open'"),
        where("ix_conversations_expiry", "expires_at", "state = 'open'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    flow: Mapped[str]
    offer: Mapped[dict[str, Any]]
    answers: Mapped[dict[str, Any]]
    asked: Mapped[str]
    asked_at: Mapped[datetime]
    misreads: Mapped[int]
    then: Mapped[str]
    """What the customer wanted before they were asked who they are."""
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str]


class Inbox(Table):
    """Everything that came in, once per provider id; committed before it is answered."""

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
    text: Mapped[str]
    asked_at: Mapped[str]
    sender: Mapped[str]
    """Who of several wrote there: the user's id, in the staff chat."""
    received_at: Mapped[datetime]
    state: Mapped[str]
    tries: Mapped[int]
    next_try_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class Outbox(Table):
    """Everything that goes out: nothing is sent that is not a committed row here."""

    __tablename__ = "outbox"
    __table_args__ = (
        where("ix_outbox_waiting", "not_before", "state = 'queued'"),
        where("ix_outbox_sending", "leased_until", "state IN ('sending', 'in_doubt')"),
        Index("ix_outbox_provider_id", "channel", "provider_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """What this message answers or demands; the same thing is never queued twice."""
    reference: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    channel: Mapped[str]
    contact_point_id: Mapped[int] = mapped_column(ForeignKey("contact_points.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"), index=True)
    level: Mapped[int | None] = mapped_column(Integer)
    edits: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    """The message whose place this one takes on the screen."""
    sayings: Mapped[list[dict[str, Any]]]
    content: Mapped[int] = mapped_column(Integer)
    language: Mapped[str]
    text: Mapped[str]
    choices: Mapped[list[dict[str, Any]]]
    state: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    begun_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    code: Mapped[str]
