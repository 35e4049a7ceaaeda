"""Questions about coverages that payers answer later, in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_once
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

REJECTED = "rejected"
"""What a receiver says of a file that it did not take in (``handlers.payers.receipts``)."""


@dataclass(frozen=True, slots=True)
class EligibilityQuestion:
    """One question; ``answers`` are the ids of the answers that were stored. Moments are UTC."""

    id: int
    coverage_id: str
    payer_id: str
    service_on: date
    asked_at: datetime
    file_id: int | None
    answered_at: datetime | None
    answers: tuple[str, ...]


_FIELDS = tuple(EligibilityQuestion.__dataclass_fields__)


def add(session: Session, coverage_id: str, payer_id: str, service_on: date, now: datetime) -> bool:
    """Insert a question that waits for its answer; returns whether the same one did not wait already."""
    values = {
        "key": f"{coverage_id}:{service_on.isoformat()}",
        "coverage_id": coverage_id,
        "payer_id": payer_id,
        "service_on": service_on,
        "asked_at": now,
        "answers": [],
    }
    return insert_once(session, tables.EligibilityQuestion, values) is not None


def find(session: Session, question_id: int) -> EligibilityQuestion | None:
    """One question, locked until the transaction ends."""
    row = tables.EligibilityQuestion
    return next(iter(_asked(session, row.id == question_id, hold=True)), None)


def unanswered(session: Session, payer_id: str, *, again: bool = False) -> list[EligibilityQuestion]:
    """What a payer must still be asked, locked; with ``again`` also questions sent and not answered.

    A question in a file that the receiver rejected must still be asked.
    """
    row, file = tables.EligibilityQuestion, tables.ClaimFile
    refused = select(file.id).where(file.id == row.file_id, file.acknowledgement == REJECTED).exists()
    which = [row.payer_id == payer_id, row.answered_at.is_(None)]
    if not again:
        which.append(or_(row.file_id.is_(None), refused))
    return _asked(session, *which, hold=True)


def of_member(session: Session, coverage_ids: Collection[str]) -> list[EligibilityQuestion]:
    """The open questions about these coverages."""
    row = tables.EligibilityQuestion
    return _asked(session, one_of(row.coverage_id, coverage_ids), row.answered_at.is_(None))


def waiting_since(session: Session, coverage_ids: Collection[str]) -> dict[str, datetime]:
    """Since when (UTC) each of these coverages waits for an answer; others are left out."""
    found: dict[str, datetime] = {}
    for one in of_member(session, coverage_ids):
        found[one.coverage_id] = min(one.asked_at, found.get(one.coverage_id, one.asked_at))
    return found


def went_out(session: Session, question_ids: Collection[int], file_id: int) -> None:
    """Record that these questions are in a file."""
    row = tables.EligibilityQuestion
    session.execute(update(row).where(row.id.in_(question_ids)).values(file_id=file_id))


def answered(session: Session, question: EligibilityQuestion, answer: str, now: datetime) -> None:
    """Record an answer to an eligibility question under its id."""
    row = tables.EligibilityQuestion
    values = {"answered_at": now, "answers": [*question.answers, answer]}
    session.execute(update(row).where(row.id == question.id).values(**values))


def _asked(
    session: Session, *conditions: ColumnElement[bool], hold: bool = False
) -> list[EligibilityQuestion]:
    row = tables.EligibilityQuestion
    query = select(*(getattr(row, name) for name in _FIELDS)).where(*conditions).order_by(row.id)
    found = session.execute(query.with_for_update() if hold else query)
    if hold:
        note_lock(session)
    return [EligibilityQuestion(**one._asdict() | {"answers": tuple(one.answers)}) for one in found]
