"""The queue of open cases by pages: filtered, in the one order, with counts that stop at a thousand.

Whether a case is late or put off comes from the moment that is given, never from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, func, literal, or_, select, tuple_

from billing.accounts import cases as rules
from billing.accounts.cases import Urgency
from storage import tables
from storage.desk.escalations import Escalation
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

PAGE: Final = 50
MOST: Final = 1000
"""What counts stop at: a page shows ``1,000+``."""
PLACEMENT: Final = "placement"
"""The kind of cases that are one work list of their own, and one line in the queue."""
_FIELDS: Final = tuple(Escalation.__dataclass_fields__)
_MOMENT: Final = UtcDateTime()


class BadPlace(ValueError):
    """A page is asked for after a place that is none."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which open cases are shown: all of them, unless something is given.

    ``owner`` is a colleague, or ``""`` for cases that nobody has; ``put_off`` says whether only those are
    shown that are put off (True), only the others (False), or both, the others first (None).
    """

    owner: str | None = None
    urgency: Urgency | None = None
    kind: str | None = None
    customer_id: str | None = None
    late: bool = False
    put_off: bool | None = False
    placements: bool = False
    """Whether placements are among them, each by itself."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of the queue; ``after`` is what the next one is asked for with, empty on the last."""

    cases: Sequence[Escalation]
    after: str


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many open cases there are, each count at most :data:`MOST` and one more, which means more.

    Those that are put off are in ``put_off`` alone, and placements in ``placements`` alone.
    """

    danger: int
    waiting: int
    grave: int
    rest: int
    late: int
    mine: int
    nobodys: int
    put_off: int
    placements: int


def page(
    session: Session, chosen: QueueFilter, now: datetime, after: str = "", limit: int = PAGE
) -> QueuePage:
    """A page of the queue at a moment (UTC): one statement, two where those put off follow.

    Raises:
        BadPlace: ``after`` is not from a page of the queue.
    """
    in_second, place = _read_place(after)
    parts = [chosen.put_off] if chosen.put_off is not None else [False, True]
    found: list[tuple[bool, Escalation, int, datetime]] = []
    for part in parts:
        second = part and chosen.put_off is None
        if in_second and not second:
            continue
        start = place if second == in_second else None
        wanted = replace(chosen, put_off=part)
        rows = _rows(session, wanted, now, start, limit + 1 - len(found))
        found += [(bool(second), *one) for one in rows]
        if len(found) > limit:
            break
    kept = found[:limit]
    return QueuePage([one[1] for one in kept], _place(*kept[-1]) if len(found) > limit else "")


def place_of(session: Session, escalation_id: int, now: datetime, chosen: QueueFilter) -> str | None:
    """What the page after a case is asked for with, whatever became of it; None if there is no such case."""
    row = tables.Escalation
    columns = (*(getattr(row, name) for name in _FIELDS), row.place, row.place_at)
    found = session.execute(select(*columns).where(row.id == escalation_id)).first()
    if found is None:
        return None
    case_ = Escalation(*found[:-2])
    return _place(chosen.put_off is None and case_.snoozes(now), case_, found[-2], found[-1])


def counts(session: Session, now: datetime, owner: str) -> QueueCounts:
    """How many cases each filter shows at a moment (UTC), ``mine`` those of ``owner``; one statement."""
    filters = {
        **{one.name.lower(): QueueFilter(urgency=one) for one in Urgency},
        "late": QueueFilter(late=True),
        "mine": QueueFilter(owner=owner),
        "nobodys": QueueFilter(owner=""),
        "put_off": QueueFilter(put_off=True),
        "placements": QueueFilter(kind=PLACEMENT, placements=True, put_off=None),
    }
    found = session.execute(select(*(_capped(one, now).label(name) for name, one in filters.items()))).one()
    return QueueCounts(**found._asdict())


def count(session: Session, chosen: QueueFilter, now: datetime) -> int:
    """How many cases a filter shows at a moment (UTC); one more than :data:`MOST` means more."""
    return session.scalar(select(_capped(chosen, now))) or 0


@dataclass(frozen=True, slots=True)
class QueueTotals:
    """Exact numbers of open cases, by group of the queue, and of those whose deadline has passed."""

    groups: tuple[int, int, int, int]
    overdue: int


def totals(session: Session, now: datetime) -> QueueTotals:
    """Exact numbers of all open cases at a moment (UTC); one statement that reads every open case."""
    row = tables.Escalation
    late = func.sum(case((row.deadline <= literal(now, _MOMENT), 1), else_=0))
    group = row.place // rules.PLACES_APART
    rows = session.execute(
        select(group, func.count(), late).where(row.closed_at.is_(None)).group_by(group)
    ).all()
    by_group = {int(one): number for one, number, _ in rows}
    danger, waiting, grave, rest = (by_group.get(one.value, 0) for one in Urgency)
    return QueueTotals((danger, waiting, grave, rest), sum(overdue for _, _, overdue in rows))


def _capped(chosen: QueueFilter, now: datetime) -> Any:
    row = tables.Escalation
    some = select(row.id).where(*_conditions(chosen, now)).limit(MOST + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _rows(
    session: Session, chosen: QueueFilter, now: datetime, start: _Start | None, limit: int
) -> list[tuple[Escalation, int, datetime]]:
    row = tables.Escalation
    query = select(*(getattr(row, name) for name in _FIELDS), row.place, row.place_at)
    query = query.where(*_conditions(chosen, now))
    if start is not None:
        number, at, deadline, case_id = start
        here = tuple_(literal(number), literal(at, _MOMENT), literal(deadline, _MOMENT), literal(case_id))
        query = query.where(tuple_(row.place, row.place_at, row.deadline, row.id) > here)
    rows = session.execute(query.order_by(row.place, row.place_at, row.deadline, row.id).limit(limit))
    return [(Escalation(*one[:-2]), one[-2], one[-1]) for one in rows]


def _conditions(chosen: QueueFilter, now: datetime) -> list[ColumnElement[bool]]:
    row = tables.Escalation
    found = [row.closed_at.is_(None), *_put_off(chosen.put_off, literal(now, _MOMENT))]
    if chosen.owner is not None:
        found.append(row.owner == chosen.owner if chosen.owner else row.owner.is_(None))
    if chosen.urgency is not None:
        first = chosen.urgency * rules.PLACES_APART
        found += [row.place >= first, row.place < first + rules.PLACES_APART]
    if chosen.kind is not None:
        found.append(row.kind == chosen.kind)
    if chosen.customer_id is not None:
        found.append(row.customer_id == chosen.customer_id)
    found += [] if chosen.placements else [row.kind != PLACEMENT]
    found += [row.deadline <= literal(now, _MOMENT)] if chosen.late else []
    return found


def _put_off(wanted: bool | None, now: Any) -> list[ColumnElement[bool]]:
    row = tables.Escalation
    if wanted is None:
        return []
    if wanted:
        return [row.snoozed_until.is_not(None), row.snoozed_until > now]
    return [or_(row.snoozed_until.is_(None), row.snoozed_until <= now)]


_Start = tuple[int, datetime, datetime, int]
_PARTS: Final = 5


def _place(second: bool, found: Escalation, number: int, at: datetime) -> str:
    moments = (str((one - _LONG_AGO) // timedelta(microseconds=1)) for one in (at, found.deadline))
    return "-".join([str(int(second)), str(number), *moments, str(found.id)])


def _read_place(after: str) -> tuple[bool, _Start | None]:
    if not after:
        return False, None
    parts = after.split("-")
    if len(parts) != _PARTS or not all(one.isdecimal() and len(one) < 19 for one in parts):  # noqa: PLR2004
        raise BadPlace(after)
    second, number, at, deadline, case_id = map(int, parts)
    return bool(second), (number, _of(at), _of(deadline), case_id)


def _of(microseconds: int) -> datetime:
    try:
        return _LONG_AGO + timedelta(microseconds=microseconds)
    except OverflowError:
        raise BadPlace(str(microseconds)) from None


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
