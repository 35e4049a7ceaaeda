"""Letters for the print service, batch by batch."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table, only_one_where


class LetterBatch(Table):
    """Letters that are printed and posted together."""

    __tablename__ = "letter_batches"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    post_on: Mapped[date]
    """The planned day of posting, local to the creditor; it is the date on the letters."""
    posted_on: Mapped[date | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]


class Letter(Table):
    """One letter of a batch, with all that is printed on it. A message is in one batch at a time."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        only_one_where("uq_letters_open", "outbox_id", "withdrawn_at IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("letter_batches.id"))
    number: Mapped[int] = mapped_column(Integer)
    """Its place in the batch, from 1."""
    reference: Mapped[str] = mapped_column(unique=True)
    """Printed on the letter, so that a returned letter can be found."""
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"))
    page: Mapped[dict[str, Any]] = mapped_column(SealedJson())
    """The facts that are printed, from which it can be printed again."""
    answer_by: Mapped[date | None]
    """The deadline printed on it; empty where it states none."""
    withdrawn_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    returned_why: Mapped[str] = mapped_column(Sealed())
