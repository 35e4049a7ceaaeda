"""Who works at the desk, and what became of each case."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where


class User(Table):
    """Somebody who works here: what they may do, and who they are on Telegram."""

    __tablename__ = "users"
    __table_args__ = (only_one_where("uq_users_telegram", "telegram_id", "active"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    telegram_id: Mapped[str | None]
    active: Mapped[bool]
    added_at: Mapped[datetime]


class CaseEvent(Table):
    """One thing that happened to a case; appended, never changed."""

    __tablename__ = "case_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    """What may happen to a case only once, such as climbing over one deadline."""
    at: Mapped[datetime]
    actor: Mapped[str]
    what: Mapped[str]
    detail: Mapped[dict[str, Any]]
