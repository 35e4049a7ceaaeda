"""What a collector has, what they were told about it, and what they paid over."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where


class Placement(Table):
    """A bill on its way to a collector and back. One at a time is flagged or placed."""

    __tablename__ = "placements"
    __table_args__ = (
        only_one_where(
            "uq_placements_open", "bill_id", "state IN ('flagged', 'approved_once', 'placed', 'acknowledged')"
        ),
        Index("uq_placements_bill_id_number", "bill_id", "number", unique=True),
        Index("uq_placements_key", "key", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    number: Mapped[int]
    """The how-manieth placement of this bill it is."""
    key: Mapped[str]
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    flagged_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    """When the first of two people approved, and who that was."""
    approved_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    collector: Mapped[str]
    terms: Mapped[dict[str, Any]]
    acknowledged_at: Mapped[datetime | None]
    their_reference: Mapped[str]
    activity: Mapped[str]
    activity_on: Mapped[date | None]
    recall_asked: Mapped[str]
    """The kind of hold for which the desk was asked to recall it; empty if none."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str]


class CollectorBatch(Table):
    """One file for a collector; ``written_at`` is empty until it lay on a disk whole."""

    __tablename__ = "collector_batches"
    id: Mapped[int] = mapped_column(primary_key=True)
    collector: Mapped[str]
    kind: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    written_at: Mapped[datetime | None]


class CollectorLine(Table):
    """One line of such a file, as it was told; what ``key`` names is told once."""

    __tablename__ = "collector_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("collector_batches.id"), index=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    """The ledger entry it tells of; in a placement file the last one its balance counted."""
    row: Mapped[dict[str, Any]]


class CollectorRemittance(Table):
    """What a collector says was collected, and what the contract makes of it; once per their id.

    The fee is the creditor's cost, never an entry on the customer's account.
    """

    __tablename__ = "remittances"
    __table_args__ = (UniqueConstraint("collector", "remittance_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    collector: Mapped[str]
    remittance_id: Mapped[str]
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"), index=True)
    kind: Mapped[str]
    collected_on: Mapped[date]
    gross: Mapped[int]
    fee: Mapped[int]
    net: Mapped[int]
    expected_fee: Mapped[int]
    currency: Mapped[str]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("remittances.id"), unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
