"""Bills at a collector, the files the collector got about them, and what the collector paid over."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table, only_one_where


class Placement(Table):
    """A bill's way to a collector and back. At most one placement per bill is flagged or with a collector."""

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
    """Which placement of this bill it is, from 1."""
    key: Mapped[str]
    """The name by which files and cases refer to it."""
    state: Mapped[str]
    amount: Mapped[int]
    """What was owed when it was flagged, in minor units."""
    currency: Mapped[str]
    flagged_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    """When the first of two people approved it, and by whom."""
    approved_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    collector: Mapped[str]
    terms: Mapped[dict[str, Any]]
    """The contract with the collector as it was then (fee, days)."""
    acknowledged_at: Mapped[datetime | None]
    their_reference: Mapped[str]
    activity: Mapped[str] = mapped_column(Sealed())
    """The collector's last report about its work, and the day of it."""
    activity_on: Mapped[date | None]
    recall_asked: Mapped[str]
    """The kind of hold because of which the desk was asked to recall it; empty if none."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str] = mapped_column(Sealed())


class CollectorBatch(Table):
    """One file for a collector; ``written_at`` is empty until the whole file was on disk."""

    __tablename__ = "collector_batches"
    id: Mapped[int] = mapped_column(primary_key=True)
    collector: Mapped[str]
    kind: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    written_at: Mapped[datetime | None]


class CollectorLine(Table):
    """One line of such a file as it was reported; ``key`` makes each fact reported once."""

    __tablename__ = "collector_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("collector_batches.id"), index=True)
    placement_id: Mapped[int] = mapped_column(ForeignKey("placements.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    """The ledger entry it reports; in a placement file the last entry that its balance includes."""
    row: Mapped[dict[str, Any]] = mapped_column(SealedJson())


class CollectorRemittance(Table):
    """What a collector reports as collected, with the fee by contract; stored once per the collector's id.

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
    """What the customer paid, in minor units; ``net`` is without the collector's fee."""
    fee: Mapped[int]
    net: Mapped[int]
    expected_fee: Mapped[int]
    """The fee that the contract gives, in minor units; a difference becomes a case."""
    currency: Mapped[str]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("remittances.id"), unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
