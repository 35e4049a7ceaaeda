"""What the desk finds things by: words and numbers, what changed, and the figures of each day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import BigId, Table

_Plain = Text().with_variant(Text(collation="C"), "postgresql")
"""A text in the order of its letters' numbers, so that a part at its beginning is a range."""


class SearchTerm(Table):
    """One word or number by which a customer or a bill is found; of columns that are not sealed."""

    __tablename__ = "search_terms"
    __table_args__ = (Index("ix_search_terms_ref", "ref"), {"sqlite_with_rowid": False})
    kind: Mapped[str] = mapped_column(primary_key=True)
    """``person``: a word of the name, or the id; ``phone``: a number, its last digit first; ``bill``."""
    term: Mapped[str] = mapped_column(_Plain, primary_key=True)
    ref: Mapped[str] = mapped_column(primary_key=True)
    """The id of the customer, or of the bill."""
    customer_id: Mapped[str] = mapped_column(index=True)
    newness: Mapped[int]
    """Seconds since 1970 of when it was registered or issued: the newest are shown first."""


class MessageWord(Table):
    """That a word is in a text of a customer; the word as a keyed digest, as the text is sealed."""

    __tablename__ = "message_words"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - read by SQLAlchemy alone
    word: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    inbox_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False, index=True)


class DeskChange(Table):
    """That something changed that the desk shows; written by triggers, deleted after an hour or two."""

    __tablename__ = "desk_changes"
    __table_args__ = (Index("ix_desk_changes_order", "transaction_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int]
    """PostgreSQL's number of the transaction; 0 on SQLite, whose ids are in the order of commits."""
    kind: Mapped[str]
    """``case``, ``came_in``, ``went_out``, ``account``, ``person`` or ``bill``."""
    ref: Mapped[str]
    """The id of what changed."""
    owner: Mapped[str | None]
    """Whose it is: a customer, for ``came_in`` a contact point, for ``account`` and ``bill`` an account."""


class DeskMark(Table):
    """Up to which change something has come: the index of words, or what may be deleted."""

    __tablename__ = "desk_marks"
    name: Mapped[str] = mapped_column(primary_key=True)
    transaction_id: Mapped[int]
    change_id: Mapped[int]
    at: Mapped[datetime]


class BookDay(Table):
    """The figures of the whole book on one day, as they were when the night wrote them."""

    __tablename__ = "book_days"
    day: Mapped[date] = mapped_column(primary_key=True)
    """Local to the creditor."""
    made_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
    """By currency; amounts in minor units."""
