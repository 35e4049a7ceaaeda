"""Cases for a person: opened once, then taken, answered, snoozed and closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import case as when
from sqlalchemy import func, or_, select, update

from billing.accounts import cases as rules
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.id_lists import of_ids_of_few, one_of
from storage.database.insert_once import insert_once
from storage.database.transaction import note_lock
from storage.desk import case_events, places
from storage.desk.case_events import CaseEvent, What

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows

BY_ITSELF = "kvitt"
"""The actor of what Kvitt does by itself."""
HOLD_REVIEW = "hold_review"
"""The kind of the case that a hold has after the case about it was closed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case to be opened. At most one case with the same ``key`` is open. Moments are UTC."""

    key: str
    kind: str
    reason: str
    deadline: datetime
    severity: int = 2
    """What is at stake: 1 is a person in danger, 2 should be answered, 3 can wait."""
    customer_id: str | None = None
    bill_id: str | None = None
    contact_point_id: int | None = None
    detail: dict[str, str] = field(default_factory=dict)
    """What the customer said about it, by name."""
    unanswered_since: datetime | None = None
    """Since when the customer waits for an answer of a person."""

    @property
    def about(self) -> str:
        """What it is about: its kind, or that of the hold that it asks about."""
        return _about(self.kind, self.detail)


@dataclass(frozen=True, slots=True)
class Escalation:
    """A case as it is stored. Moments are UTC."""

    id: int
    key: str
    kind: str
    severity: int
    reason: str
    detail: dict[str, Any]
    customer_id: str | None
    bill_id: str | None
    contact_point_id: int | None
    opened_at: datetime
    deadline: datetime
    late_noted: datetime | None
    unanswered_since: datetime | None
    owner: str | None
    snoozed_until: datetime | None
    told_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str
    version: int = 1
    """Counts its changes: an act from a page that shows another one is refused."""

    def snoozes(self, now: datetime) -> bool:
        """Whether it is put off until later than this moment."""
        return self.snoozed_until is not None and now < self.snoozed_until

    def overdue(self, now: datetime) -> bool:
        """Whether it is open and its deadline has passed."""
        return self.closed_at is None and self.deadline <= now

    def late(self, now: datetime) -> timedelta:
        """How long after its deadline it is still open; nothing where it is in time."""
        return now - self.deadline if self.overdue(now) else timedelta()

    @property
    def about(self) -> str:
        """What it is about: its kind, or that of the hold that it asks about."""
        return _about(self.kind, self.detail)

    @property
    def urgency(self) -> rules.Urgency:
        """The group of the queue that it belongs to."""
        return rules.urgency(self.about, self.severity, self.unanswered_since)


def _about(kind: str, detail: Mapping[str, Any]) -> str:
    return str(detail.get("hold") or kind) if kind == HOLD_REVIEW else kind


_FIELDS = tuple(Escalation.__dataclass_fields__)


def open_case(session: Session, case: Case, now: datetime) -> int | None:
    """Open a case; returns its id, or ``None`` if one with the same key is open."""
    found = insert_once(
        session,
        tables.Escalation,
        {
            "key": case.key,
            "kind": case.kind,
            "severity": case.severity,
            "reason": case.reason,
            "detail": case.detail,
            "customer_id": case.customer_id,
            "bill_id": case.bill_id,
            "contact_point_id": case.contact_point_id,
            "opened_at": now,
            "deadline": case.deadline,
            "unanswered_since": case.unanswered_since,
            "stale": True,
            "outcome": "",
            **dict(zip(places.COLUMNS, _place_of(case), strict=True)),
        },
    )
    if found is not None:
        case_events.add(session, found, CaseEvent(now, BY_ITSELF, What.OPENED))
    return found


def open_all(session: Session, cases: Sequence[Case], now: datetime) -> None:
    """Open many cases; those with a key that is open already are left out."""
    if not cases:
        return
    names = ("key", "kind", "severity", "reason", "detail", "customer_id", "bill_id", "contact_point_id")
    row = tables.Escalation
    # Bulk inserts cannot skip existing keys (COPY fails on them), so those are found first; the caller has
    # locked the customers.
    known = set(
        session.scalars(
            select(row.key).where(one_of(row.key, [one.key for one in cases]), row.closed_at.is_(None))
        )
    )
    fresh = {case.key: case for case in cases if case.key not in known}
    also = ("deadline", "unanswered_since")
    values = [
        (*(getattr(case, name) for name in (*names, *also)), now, True, "", 1, *_place_of(case))
        for case in fresh.values()
    ]
    more = ("opened_at", "stale", "outcome", "version", *places.COLUMNS)
    ids = insert_rows(session, row, (*names, *also, *more), values)
    case_events.add_all(session, ids, CaseEvent(now, BY_ITSELF, What.OPENED))


def _place_of(case: Case) -> tuple[int | None, int, datetime]:
    return places.at_opening(case.about, case.severity, case.unanswered_since, case.deadline)


def queue(session: Session, now: datetime | None = None) -> list[Escalation]:
    """Every open case as the desk works them off (see :func:`billing.accounts.cases.place_in_queue`).

    With ``now``, snoozed ones come last.
    """
    row = tables.Escalation
    rows = session.execute(_select().where(row.closed_at.is_(None)).order_by(row.id))
    return sorted((Escalation(*one) for one in rows), key=lambda case: _place(case, now))


def of_severity(session: Session, most: int) -> list[Escalation]:
    """The open cases of at most this severity (1 is the gravest), the oldest first."""
    row = tables.Escalation
    found = _select().where(row.closed_at.is_(None), row.severity <= most).order_by(row.id)
    return [Escalation(*one) for one in session.execute(found)]


def owned(session: Session, owner: str) -> list[int]:
    """The ids of the open cases that somebody has taken, the oldest first."""
    row = tables.Escalation
    return list(
        session.scalars(select(row.id).where(row.owner == owner, row.closed_at.is_(None)).order_by(row.id))
    )


def in_order(cases: Iterable[Escalation]) -> list[Escalation]:
    """Cases as the desk works them off."""
    return sorted(cases, key=lambda case: _place(case, None))


def _place(case: Escalation, now: datetime | None) -> tuple[Any, ...]:
    place = rules.place_in_queue(case.about, case.severity, case.unanswered_since, case.deadline)
    return (now is not None and case.snoozes(now), *place, case.id)


def find(session: Session, escalation_id: int) -> Escalation | None:
    """One case, open or closed."""
    found = session.execute(_select().where(tables.Escalation.id == escalation_id)).first()
    return Escalation(*found) if found else None


def lock(session: Session, escalation_id: int) -> Escalation | None:
    """One case, locked until the transaction ends; waits for others who have it locked."""
    held = select(tables.Escalation.id).where(tables.Escalation.id == escalation_id).with_for_update()
    found = session.scalar(held)
    note_lock(session)
    return find(session, escalation_id) if found is not None else None


def open_keys(session: Session, customer_ids: Collection[str]) -> dict[str, set[str]]:
    """The keys of each customer's open cases, and of closed ones that rest.

    A case that rests (see :func:`rest`) is not opened again: nothing has changed since a person closed it.
    """
    return keys_by_customer(
        session.connection().execute(keys(of_ids_of_few), {"ids": list(customer_ids)}).all()
    )


def keys_by_customer(rows: Rows) -> dict[str, set[str]]:
    """The keys of each customer's cases, from the rows of :func:`keys`."""
    found: dict[str, set[str]] = {}
    for customer_id, key in rows:
        assert customer_id is not None
        found.setdefault(customer_id, set()).add(key)
    return found


def happened(
    session: Session, escalation_id: int, event: CaseEvent, key: str | None = None, **values: Any
) -> bool:
    """Record an event of an open case and update its columns; returns whether that was done.

    Nothing is changed when the case is closed, or when the event that ``key`` names has happened before.
    """
    row = tables.Escalation
    is_open = session.scalar(select(row.id).where(row.id == escalation_id, row.closed_at.is_(None)))
    if is_open is None or not case_events.add(session, escalation_id, event, key):
        return False
    news = values if event.what in _QUIET else {**values, **places.after(values)}
    session.execute(update(row).where(row.id == escalation_id).values(stale=True, **news))
    return True


_QUIET = frozenset({What.LATE, What.PAGED})
"""Events by which nothing changes for who is about to act: a page that shows the case stays true."""


@cache
def keys(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The keys of some customers' open and resting cases."""
    row = tables.Escalation
    still = or_(row.closed_at.is_(None), row.snoozed_until.is_not(None) & ~_changed_since(row))
    return scope(select(row.customer_id, row.key).where(still), row.customer_id)


def _changed_since(row: type[tables.Escalation]) -> ColumnElement[bool]:
    """Whether a contact of its customer came, went, failed or was allowed since the case was closed."""
    contact, point, consent = tables.Contact, tables.ContactPoint, tables.Consent
    contacts = (
        select(contact.customer_id)
        .join(point, point.id == contact.contact_point_id)
        .where(contact.customer_id == row.customer_id)
        .where(
            or_(
                contact.added_at > row.closed_at,
                contact.removed_at > row.closed_at,
                point.unreachable_at > row.closed_at,
                point.confirmed_at > row.closed_at,
            )
        )
    )
    allowed = select(consent.id).where(
        consent.customer_id == row.customer_id, consent.granted_on > func.date(row.closed_at)
    )
    return or_(contacts.exists(), allowed.exists())


def rest(session: Session, escalation_id: int, until: datetime) -> None:
    """Keep a closed case from being opened again until a moment (UTC), or until a contact changes."""
    row = tables.Escalation
    session.execute(
        update(row).where(row.id == escalation_id, row.closed_at.is_not(None)).values(snoozed_until=until)
    )


def rested(session: Session, now: datetime) -> list[str]:
    """End the rest of closed cases whose time is over; returns the customers they are about."""
    row = tables.Escalation
    over = session.scalars(
        update(row)
        .where(row.closed_at.is_not(None), row.snoozed_until.is_not(None), row.snoozed_until <= now)
        .values(snoozed_until=None)
        .returning(row.customer_id)
    )
    return sorted({customer for customer in over if customer})


def close(session: Session, escalation_id: int, by: str, outcome: str, now: datetime) -> bool:
    """Close a case; returns whether it was open."""
    return bool(_close(session, tables.Escalation.id == escalation_id, by, outcome, now))


def close_key(session: Session, key: str, by: str, outcome: str, now: datetime) -> None:
    """Close the open case with this key, if there is one."""
    _close(session, tables.Escalation.key == key, by, outcome, now)


def ever_opened(session: Session, keys: Iterable[str]) -> set[str]:
    """Those of these keys that a case has or had."""
    row = tables.Escalation
    return set(session.scalars(select(row.key).where(row.key.in_(list(keys)))))


def closed_by_people(session: Session, keys: Iterable[str]) -> set[str]:
    """Those of these keys that had a case which a person closed, not Kvitt by itself."""
    row = tables.Escalation
    by_people = row.closed_at.is_not(None), row.closed_by != BY_ITSELF
    return set(session.scalars(select(row.key).where(row.key.in_(list(keys)), *by_people)))


def open_with_key(session: Session, key: str) -> Escalation | None:
    """The open case with this key, if there is one."""
    row = tables.Escalation
    found = session.execute(_select().where(row.key == key, row.closed_at.is_(None))).first()
    return Escalation(*found) if found else None


def claim_stale(session: Session, limit: int) -> list[Escalation]:
    """Cases that the staff chat shows out of date, locked until the transaction ends.

    ``SKIP LOCKED``: two processes never post the same case to the staff chat.
    """
    row = tables.Escalation
    # In the order of ids, so that the chat gets cases in the order they were opened.
    held = select(row.id).where(row.stale).order_by(row.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(session.scalars(held))
    return [Escalation(*one) for one in session.execute(_select().where(row.id.in_(ids)).order_by(row.id))]


def shown(session: Session, escalation_ids: Collection[int], now: datetime) -> None:
    """Record that the staff chat shows the current state of these cases."""
    row = tables.Escalation
    first = when((row.told_at.is_(None), now), else_=row.told_at)
    session.execute(update(row).where(row.id.in_(escalation_ids)).values(stale=False, told_at=first))


def _close(session: Session, which: ColumnElement[bool], by: str, outcome: str, now: datetime) -> list[int]:
    row = tables.Escalation
    closed = session.scalars(
        update(row)
        .where(which, row.closed_at.is_(None))
        .values(
            closed_at=now,
            closed_by=by,
            outcome=outcome,
            stale=True,
            snoozed_until=None,
            version=row.version + 1,
        )
        .returning(row.id)
    ).all()
    for one in closed:
        case_events.add(session, one, CaseEvent(now, by, What.CLOSED, {"outcome": outcome}))
    return list(closed)


def _select() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(tables.Escalation, name) for name in _FIELDS))
