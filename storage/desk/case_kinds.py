"""Cases of a kind of which one is open at most, whoever they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage import tables
from storage.desk import escalations

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.desk.escalations import Escalation


def latest(session: Session, kind: str) -> Escalation | None:
    """The case of a kind that was opened last, open or closed; None where there was none."""
    row = tables.Escalation
    found = session.scalar(select(func.max(row.id)).where(row.kind == kind))
    return escalations.find(session, found) if found else None
