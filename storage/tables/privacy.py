"""People who were erased: when, what keeps them and their numbers away, and the permit to erase words."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table, where
from storage.tables.written import Written


class Erasure(Table):
    """One person who was erased, and until when the records are kept that the law wants kept."""

    __tablename__ = "erasures"
    __table_args__ = (where("ix_erasures_due", "records_until", "records_erased_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    erased_at: Mapped[datetime]
    erased_by: Mapped[str]
    anyway: Mapped[str] = mapped_column(Sealed(Written()))
    """Why it was done although something was open; empty where nothing was."""
    records_until: Mapped[date | None]
    """The last day on which the records are kept; empty where the policy names no end."""
    records_erased_at: Mapped[datetime | None]
    readmitted_at: Mapped[datetime | None]
    """When they may be registered again (UTC), as they wished; empty while they may not."""
    readmitted_by: Mapped[str | None]


class ErasedMark(Table):
    """A digest that knows an erased person again, or a number that must not be written to."""

    __tablename__ = "erased_marks"
    __table_args__ = (UniqueConstraint("kind", "digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    erasure_id: Mapped[int] = mapped_column(ForeignKey("erasures.id"), index=True)
    kind: Mapped[str]
    """``person``: must not be registered; ``stop``: an address that must not be written to."""
    digest: Mapped[str]
    """Under the key that no rotation changes."""


class ErasurePermit(Table):
    """While its row is there, triggers let the words of append-only rows be erased.

    It is inserted and deleted in the transaction that erases, so that no other transaction sees it.
    """

    __tablename__ = "erasure_permits"
    id: Mapped[int] = mapped_column(primary_key=True)
