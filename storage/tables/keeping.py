"""What was forgotten, what is kept still and until when, and how far has been looked."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table


class Forgotten(Table):
    """One text that was forgotten: how long it was, and what proves it to whoever shows it again."""

    __tablename__ = "forgotten"
    __table_args__ = (UniqueConstraint("kind", "row_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """The table the text stood in."""
    row_id: Mapped[int]
    forgotten_at: Mapped[datetime]
    policy_version: Mapped[str]
    length: Mapped[int]
    """In characters."""
    digest: Mapped[str]
    """SHA-256, as hex, of the row's own reference, a line feed, and the text."""


class Retained(Table):
    """One text that is old, and kept because something is open: looked at again at ``look_at``."""

    __tablename__ = "retained"
    __table_args__ = (UniqueConstraint("kind", "row_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    row_id: Mapped[int]
    why: Mapped[str]
    look_at: Mapped[datetime] = mapped_column(index=True)


class RetentionMark(Table):
    """Up to which row of a table everything has been looked at once."""

    __tablename__ = "retention_marks"
    kind: Mapped[str] = mapped_column(primary_key=True)
    up_to: Mapped[int]
