"""What collectors paid over, stored once per id of the collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class CollectorRemittance:
    """A line of a collector's statement, in minor units; ``expected_fee`` is what the contract says.

    ``kind`` is ``payment``, ``reversal`` (negative amounts) or ``direct`` (the customer paid us).
    """

    collector: str
    remittance_id: str
    placement_id: int
    kind: str
    collected_on: date
    gross: int
    fee: int
    net: int
    expected_fee: int
    currency: str
    payment_id: int | None
    reverses: int | None
    recorded_by: str
    id: int = 0

    @property
    def identity(self) -> tuple[object, ...]:
        """What the collector reported, by which a line is compared with one stored before."""
        return (self.placement_id, self.kind, self.collected_on, self.gross, self.fee, self.net)


_COLLECTOR = "collector:"


def source_of(collector: str) -> str:
    """The payment source of payments that a collector passed on."""
    return f"{_COLLECTOR}{collector}"


def is_one(source: str) -> bool:
    """Whether a payment source is a collector."""
    return source.startswith(_COLLECTOR)


_FIELDS = tuple(CollectorRemittance.__dataclass_fields__)


def save_remittance(session: Session, one: CollectorRemittance, now: datetime) -> int | None:
    """Insert a line; returns its id, or ``None`` when the collector's id exists."""
    values = {name: getattr(one, name) for name in _FIELDS if name != "id"}
    return insert_once(session, tables.CollectorRemittance, values | {"recorded_at": now})


def find(session: Session, collector: str, remittance_id: str) -> CollectorRemittance | None:
    """One line by the collector's id."""
    row = tables.CollectorRemittance
    found = _select(session, (row.collector == collector) & (row.remittance_id == remittance_id))
    return next(iter(found), None)


def of_placement(session: Session, placement_id: int) -> list[CollectorRemittance]:
    """Everything paid over for a placement, in the order received."""
    return _select(session, tables.CollectorRemittance.placement_id == placement_id)


def _select(session: Session, condition: ColumnElement[bool]) -> list[CollectorRemittance]:
    row = tables.CollectorRemittance
    rows = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(condition).order_by(row.id)
    )
    return [CollectorRemittance(*one) for one in rows]
