"""What the staff wrote about a customer: notes, and calls, visits and letters that they logged."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table
from storage.tables.written import Written


class Note(Table):
    """A note on a customer; never changed."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_customer_id", "customer_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    """``note``, or what was logged: ``call``, ``visit``, ``letter``."""
    written_at: Mapped[datetime]
    written_by: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed(Written()))
    acted: Mapped[str]
    """What the customer's words brought about, as words with commas between: ``stop``, ``deceased``."""
