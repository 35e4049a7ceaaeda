"""The staff, and the history of each case."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where


class User(Table):
    """A member of staff: their role at the desk, and their id on Telegram."""

    __tablename__ = "users"
    __table_args__ = (only_one_where("uq_users_telegram", "telegram_id", "active"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    telegram_id: Mapped[str | None]
    """Their id in the staff chat, unique among active users only."""
    active: Mapped[bool]
    """False once they left; their name stays in the audit trail."""
    added_at: Mapped[datetime]


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
    detail: Mapped[dict[str, Any]]
