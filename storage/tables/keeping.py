"""Retention: texts that were erased, texts still needed, and how far each table was checked."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table


class Forgotten(Table):
    """One text that was erased: its length, and a digest that proves it if it is shown again."""

    __tablename__ = "forgotten"
    __table_args__ = (UniqueConstraint("kind", "row_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """The table that the text was in."""
    row_id: Mapped[int]
    forgotten_at: Mapped[datetime]
    policy_version: Mapped[str]
    length: Mapped[int]
    """In characters."""
    digest: Mapped[str] = mapped_column(Sealed())
    """SHA-256, as hex, of the row's own reference, a line feed, and the text."""


class Retained(Table):
    """One text past its age that is kept because something is open; checked again at ``look_at`` (UTC)."""

    __tablename__ = "retained"
    __table_args__ = (UniqueConstraint("kind", "row_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    row_id: Mapped[int]
    why: Mapped[str]
    look_at: Mapped[datetime] = mapped_column(index=True)


class RetentionMark(Table):
    """Up to which row id a table was checked once: the next check starts there."""

    __tablename__ = "retention_marks"
    kind: Mapped[str] = mapped_column(primary_key=True)
    up_to: Mapped[int]
