"""What customers said about their open cases, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from storage import tables
from storage.desk import escalations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


def write(session: Session, key: str, detail: dict[str, str]) -> None:
    """Bring what the open case with this key counts up to date."""
    case = escalations.open_with_key(session, key)
    if case:
        row = tables.Escalation
        session.execute(
            update(row)
            .where(row.id == case.id)
            .values(detail={**case.detail, **detail}, version=row.version + 1)
        )


def add(session: Session, key: str, detail: dict[str, str]) -> None:
    """Add what the customer said to the open case with this key; what they said before stays.

    Something new by the same name is kept as ``words 2``.
    """
    case = escalations.open_with_key(session, key)
    if case:
        row = tables.Escalation
        new = _added(case.detail, detail)
        session.execute(update(row).where(row.id == case.id).values(detail=new, version=row.version + 1))


def _added(before: Mapping[str, Any], detail: Mapping[str, str]) -> dict[str, Any]:
    found = dict(before)
    for name, said in detail.items():
        names = [name, *(one for one in found if one.rpartition(" ")[0] == name)]
        if not said or said in (found.get(one) for one in names):
            continue
        free = name if not found.get(name) else f"{name} {len(names) + 1}"
        found[free] = said
    return found


def all_say(session: Session, customer_id: str, kind: str, name: str, said: str) -> bool:
    """Whether a customer has open cases of a kind, and the detail ``name`` of each is ``said``."""
    row = tables.Escalation
    about = (row.customer_id == customer_id, row.kind == str(kind), row.closed_at.is_(None))
    found = session.scalars(select(row.detail).where(*about)).all()
    return bool(found) and all(detail.get(name) == said for detail in found)
