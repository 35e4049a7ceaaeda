"""The staff, cases for a person with their history, and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table, only_one_where, where
from storage.tables.written import Written, WrittenJson

REST = 300
"""The group of the queue of what is neither danger, nor waits, nor grave."""
LONG_AGO = "1970-01-01 00:00:00.000000"
"""The moment by which a case that the release before opens comes first in its group."""


class User(Table):
    """A member of staff: their role at the desk, and their id on Telegram."""

    __tablename__ = "users"
    __table_args__ = (
        only_one_where("uq_users_telegram", "telegram_id", "active"),
        only_one_where("uq_users_token", "token_digest", "token_digest IS NOT NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    telegram_id: Mapped[str | None]
    """Their id in the staff chat, unique among active users only."""
    phone: Mapped[str | None]
    """The number they are paged at."""
    on_call: Mapped[int | None]
    """Their place in the rota of who is paged when a person is in danger; empty for not on call."""
    active: Mapped[bool]
    """False once they left; their name stays in the audit trail."""
    added_at: Mapped[datetime]
    token_digest: Mapped[str | None]
    """SHA-256 of the token they sign in with; None until one was made, and once they left."""
    token_made_by: Mapped[str | None]
    """Whose token made theirs, and may know it; their own name once they made it anew."""


class StaffChatMove(Table):
    """A group of the staff that Telegram turned into a supergroup, which has another id."""

    __tablename__ = "staff_chat_moves"
    id: Mapped[int] = mapped_column(primary_key=True)
    old_chat: Mapped[str] = mapped_column(unique=True)
    new_chat: Mapped[str]
    moved_at: Mapped[datetime]


class Escalation(Table):
    """A case for a person. At most one with a given key is open."""

    __tablename__ = "escalations"
    __table_args__ = (
        only_one_where("uq_escalations_open", "key", "closed_at IS NULL"),
        where("ix_escalations_queue", "deadline", "closed_at IS NULL"),
        Index(
            "ix_escalations_place",
            "place",
            "place_at",
            "deadline",
            "id",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        where("ix_escalations_owner", "owner", "closed_at IS NULL"),
        where("ix_escalations_kind", "kind", "closed_at IS NULL"),
        where("ix_escalations_put_off", "snoozed_until", "closed_at IS NULL AND snoozed_until IS NOT NULL"),
        where("ix_escalations_stale", "id", "stale"),
        where("ix_escalations_point", "contact_point_id", "closed_at IS NULL"),
        where(
            "ix_escalations_resting", "snoozed_until", "closed_at IS NOT NULL AND snoozed_until IS NOT NULL"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[int]
    """What is at stake: 1 is a person in danger, 2 should be answered, 3 can wait. It never changes."""
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    detail: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()))
    """What the customer said about it, by name."""
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"))
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    opened_at: Mapped[datetime]
    deadline: Mapped[datetime]
    """When it must be answered (UTC)."""
    late_noted: Mapped[datetime | None]
    """The deadline whose passing the desk was told of (UTC)."""
    unanswered_since: Mapped[datetime | None]
    """Since when (UTC) the customer waits for an answer of a person; empty where they do not."""
    owner: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    """Until when an open case is put off; for a closed case, until when it is not opened again."""
    told_at: Mapped[datetime | None]
    """When the staff chat showed it first (UTC)."""
    stale: Mapped[bool]
    """Whether something happened that the staff chat does not show yet."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(Sealed(Written()))
    grave: Mapped[int | None]
    """How grave what it is about is, 0 for a death; empty for what is not grave."""
    place: Mapped[int] = mapped_column(default=REST, server_default=str(REST))
    """Its group in the order of the queue (see :mod:`storage.desk.places`), the first one first."""
    place_at: Mapped[datetime] = mapped_column(server_default=LONG_AGO)
    """What orders it within its group (UTC): since when the customer waits, else its deadline."""
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Counts its changes: a page that shows another one is out of date."""


class CaseEvent(Table):
    """One event of a case (opened, taken, snoozed, closed, ...); appended, never changed."""

    __tablename__ = "case_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    """Identifies what may happen to a case only once, such as passing one deadline; empty otherwise."""
    at: Mapped[datetime]
    actor: Mapped[str]
    what: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()))


class Audit(Table):
    """An action of a person, or of Kvitt by itself; appended, never changed."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(SealedJson(WrittenJson()))
