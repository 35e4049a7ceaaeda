"""Everything that happened about a customer in one order, the newest first, page by page.

Each source is one part of one statement (:mod:`storage.desk.timeline_sources`): each gives at most a page, so
that an account with thousands of events costs what a page costs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, and_, cast, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from storage import tables
from storage.desk.timeline_sources import SOURCES, Scope
from storage.sealing.keys import MARK, of_dialect
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from storage.desk.timeline_sources import TimelineSource
    from storage.sealing.keys import Keys

PAGE: Final = 50
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BadMoment(ValueError):
    """A page is asked for before an event that is none."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened; ``at`` is UTC, ``amount`` in minor units of ``currency``.

    ``source`` says of what kind it is, and with it what ``what``, ``words`` and ``detail`` are.
    """

    source: str
    at: datetime
    number: int
    ref: str
    """Its id in its table, as text."""
    actor: str
    what: str
    words: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    amount: int | None = None
    currency: str | None = None
    state: str | None = None
    bill_id: str | None = None
    day: str | None = None
    about: str | None = None
    """The channel of a message, the kind of a case, the claim of an answer, the subject of an audit row."""
    level: int | None = None
    """The level of a reminder or decision; of an event of a case, the case's number."""


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page, the newest first; ``before`` asks for the next one and is empty at the end."""

    entries: Sequence[TimelineEntry]
    before: str


def timeline(
    session: Session,
    customer_id: str,
    before: str = "",
    limit: int = PAGE,
    only: Collection[str] = (),
) -> TimelinePage:
    """A page of what happened about a customer, in two statements; ``only`` names the sources wanted.

    Raises:
        BadMoment: ``before`` is not from a page of a timeline.
    """
    start = _read(before)
    scope = scope_of(session, customer_id)
    parts = [
        select(_part(place, source, scope, start, limit + 1).subquery())
        for place, source in enumerate(SOURCES)
        if not only or source.name in only
    ]
    if not parts:
        return TimelinePage([], "")
    found = union_all(*parts).subquery()
    order = (found.c.at.desc(), found.c.place.desc(), found.c.number.desc(), found.c.ref.desc())
    rows = session.execute(select(found).order_by(*order).limit(limit + 1)).mappings().all()
    keys = of_dialect(session.get_bind().dialect)
    entries = [_entry(row, keys) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return TimelinePage(entries, _written(last) if last else "")


def scope_of(session: Session, customer_id: str) -> Scope:
    """The ids of everything that is a customer's, or that they are liable for; one statement."""
    account, bill, contact = tables.Account, tables.Bill, tables.Contact
    case, claim, plan, promise = tables.Escalation, tables.Claim, tables.Plan, tables.Promise
    placement, theirs = tables.Placement, aliased(tables.Account)
    mine = or_(account.customer_id == customer_id, account.guarantor_id == customer_id)
    own = select(theirs.id).where(or_(theirs.customer_id == customer_id, theirs.guarantor_id == customer_id))
    points = select(contact.contact_point_id).where(
        contact.customer_id == customer_id, contact.removed_at.is_(None)
    )
    bills = select(bill.id).where(bill.account_id.in_(own))
    nobodys = and_(case.customer_id.is_(None), case.contact_point_id.in_(points))
    chosen: dict[str, tuple[Any, Any]] = {
        "account": (account.id, mine),
        "bill": (bill.id, bill.account_id.in_(own)),
        "contact_point": (
            contact.contact_point_id,
            and_(contact.customer_id == customer_id, contact.removed_at.is_(None)),
        ),
        "escalation": (case.id, or_(case.customer_id == customer_id, nobodys)),
        "claim": (claim.key, claim.customer_id == customer_id),
        "plan": (plan.id, plan.account_id.in_(own)),
        "promise": (promise.id, promise.account_id.in_(own)),
        "placement": (placement.key, placement.bill_id.in_(bills)),
    }
    each = [
        select(literal(name).label("name"), cast(column, Text).label("id")).where(condition)
        for name, (column, condition) in chosen.items()
    ]
    found: dict[str, list[str]] = defaultdict(list)
    for name, one in session.execute(union_all(*each)):
        found[name].append(one)
    subjects = [f"{name}:{one}" for name, ids in found.items() for one in ids]
    return Scope(
        customer_id,
        tuple(found["account"]),
        tuple(found["bill"]),
        tuple(map(int, found["contact_point"])),
        tuple(map(int, found["escalation"])),
        tuple(found["claim"]),
        (f"customer:{customer_id}", *subjects),
    )


_Start = tuple[datetime, int, int, str]
_PARTS: Final = 4


def _part(place: int, source: TimelineSource, scope: Scope, start: _Start | None, limit: int) -> Select[Any]:
    """The newest entries of one source that come after a place in the order of all."""
    events = source.events(scope).subquery()
    query = select(literal(place).label("place"), literal(source.name).label("source"), events)
    if start is not None:
        query = query.where(_earlier(events.c, place, start))
    return query.order_by(events.c.at.desc(), events.c.number.desc(), events.c.ref.desc()).limit(limit)


def _earlier(columns: Any, place: int, start: _Start) -> ColumnElement[bool]:
    at, of, number, ref = start
    moment = literal(at, UtcDateTime())
    if place != of:
        before: ColumnElement[bool] = columns.at <= moment if place < of else columns.at < moment
        return before
    here = tuple_(moment, literal(number), literal(ref))
    return tuple_(columns.at, columns.number, columns.ref) < here


def _entry(row: Mapping[str, Any], keys: Keys) -> TimelineEntry:
    return TimelineEntry(
        source=row["source"],
        at=row["at"],
        number=row["number"],
        ref=row["ref"],
        actor=row["actor"] or "",
        what=row["what"] or "",
        words=_opened(row["words"], keys),
        detail=_detail(row["detail"], keys),
        amount=row["amount"],
        currency=row["currency"],
        state=row["state"],
        bill_id=row["bill_id"],
        day=row["day"],
        about=row["about"],
        level=row["level"],
    )


def _opened(value: str | None, keys: Keys) -> str:
    return keys.open(value) if value else ""


def _detail(value: str | None, keys: Keys) -> dict[str, Any]:
    """An object that is sealed, or was written before anything was."""
    found = json.loads(value) if value else {}
    if isinstance(found, str) and found.startswith(MARK):
        found = json.loads(keys.open(found))
    return found if isinstance(found, dict) else {}


def _written(row: Mapping[str, Any]) -> str:
    moment = (row["at"] - _LONG_AGO) // timedelta(microseconds=1)
    return f"{moment}-{row['place']}-{row['number']}-{row['ref']}"


def _read(before: str) -> _Start | None:
    if not before:
        return None
    parts = before.split("-", _PARTS - 1)
    if len(parts) != _PARTS or not all(one.isdecimal() and len(one) < 19 for one in parts[:-1]):  # noqa: PLR2004
        raise BadMoment(before)
    moment, place, number = map(int, parts[:-1])
    try:
        return _LONG_AGO + timedelta(microseconds=moment), place, number, parts[-1]
    except OverflowError:
        raise BadMoment(before) from None
