"""The live feed: what changed since a position, as ids; written by triggers (``database/change_feed.py``).

A position is text, which a page gives back. On PostgreSQL a change is shown once no earlier transaction is
open: otherwise one that commits late would be passed over for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, literal_column, select, tuple_, update

from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST: Final = 500
"""Changes that are read at once."""
KEPT: Final = timedelta(hours=1)
"""How long changes are there at least, for pages that were away."""
_INDEXED: Final = "search"
_KEPT_SINCE: Final = "kept since"
_PASSED: Final = "passed"

Position = tuple[int, int]


class UnknownPosition(ValueError):
    """A position is not one of ours."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One change, as it was noted."""

    kind: str
    ref: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of what changed, and the position to ask from next."""

    position: str
    cases: frozenset[int] = frozenset()
    came_in: frozenset[int] = frozenset()
    """Texts of customers."""
    went_out: frozenset[int] = frozenset()
    """Our messages: queued, or what became of them."""
    customers: frozenset[str] = frozenset()
    """Whoever any of it is about: their page is out of date."""
    bills: frozenset[str] = frozenset()
    everything: bool = field(default=False)
    """Whether more changed than is known: a page that was away for long, or a great many changes."""

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        found = (self.cases, self.came_in, self.went_out, self.customers, self.bills, self.everything)
        return any(map(bool, found))


def now_at(session: Session) -> str:
    """The position after everything that is committed now."""
    return _text(_end(session))


def changes(session: Session, after: str) -> Changes:
    """What changed after a position: at most a few statements, one where nothing did and nothing was missed.

    Raises:
        UnknownPosition: the position is not one of ours.
    """
    start = _position(after)
    end = _end(session)
    passed = _mark(session, _PASSED)
    if passed is not None and start < passed:
        return Changes(_text(end), everything=True)
    found = _read(session, start, end, MOST + 1)
    if len(found) > MOST:
        return Changes(_text(end), everything=True)
    by_kind: dict[str, set[str]] = {}
    for _, one in found:
        by_kind.setdefault(one.kind, set()).add(one.ref)
    return Changes(
        _text(end),
        frozenset(map(int, by_kind.get("case", ()))),
        frozenset(map(int, by_kind.get("came_in", ()))),
        frozenset(map(int, by_kind.get("went_out", ()))),
        _whose(session, [one for _, one in found]),
        frozenset(by_kind.get("bill", ())),
    )


def not_indexed(session: Session) -> bool:
    """Whether something changed that the index of words does not know yet."""
    end = _end(session)
    return bool(_read(session, _mark(session, _INDEXED) or (0, 0), end, 1))


def take_to_index(session: Session, now: datetime, limit: int) -> list[Changed]:
    """The next changes to index, at most ``limit``; the index has them once the transaction commits.

    One process at a time takes any: another finds none meanwhile.
    """
    mark = tables.DeskMark
    insert_missing(session, mark, [{"name": _INDEXED, "transaction_id": 0, "change_id": 0, "at": now}])
    held = session.execute(
        select(mark.transaction_id, mark.change_id)
        .where(mark.name == _INDEXED)
        .with_for_update(skip_locked=True)
    ).first()
    if held is None:
        return []
    found = _read(session, (held[0], held[1]), _end(session), limit)
    if found:
        _set(session, _INDEXED, found[-1][0], now)
    return [one for _, one in found]


def prune(session: Session, now: datetime) -> None:
    """Delete changes that are indexed, and that were noted more than an hour ago; the newest stays."""
    mark, row = tables.DeskMark, tables.DeskChange
    since = session.execute(
        select(mark.transaction_id, mark.change_id, mark.at).where(mark.name == _KEPT_SINCE)
    ).first()
    if since is not None and now - since.at < KEPT:
        return
    end = _end(session)
    if since is not None:
        upto = min((since.transaction_id, since.change_id), _mark(session, _INDEXED) or (0, 0))
        newest = select(func.max(row.id)).scalar_subquery()
        # On SQLite an id is given again once the table is empty: the newest row keeps that from happening.
        order = tuple_(row.transaction_id, row.id)
        session.execute(delete(row).where(order <= tuple_(*upto), row.id < newest))
        _set(session, _PASSED, upto, now)
    _set(session, _KEPT_SINCE, end, now)


def _read(session: Session, start: Position, end: Position, limit: int) -> list[tuple[Position, Changed]]:
    row = tables.DeskChange
    order = tuple_(row.transaction_id, row.id)
    rows = session.execute(
        select(row.transaction_id, row.id, row.kind, row.ref, row.owner)
        .where(order > tuple_(*start), order <= tuple_(*end))
        .order_by(row.transaction_id, row.id)
        .limit(limit)
    )
    return [((transaction, one), Changed(kind, ref, owner)) for transaction, one, kind, ref, owner in rows]


def _end(session: Session) -> Position:
    """The position up to which everything is committed: on PostgreSQL before the first open transaction."""
    if session.get_bind().dialect.name == "sqlite":
        return 0, session.scalar(select(func.max(tables.DeskChange.id))) or 0
    oldest = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int(session.scalar(select(oldest)) or 0), 0


def _mark(session: Session, name: str) -> Position | None:
    mark = tables.DeskMark
    found = session.execute(select(mark.transaction_id, mark.change_id).where(mark.name == name)).first()
    return (found[0], found[1]) if found else None


def _set(session: Session, name: str, position: Position, now: datetime) -> None:
    mark = tables.DeskMark
    values = {"transaction_id": position[0], "change_id": position[1], "at": now}
    insert_missing(session, mark, [{"name": name, **values}])
    session.execute(update(mark).where(mark.name == name).values(**values))


def _whose(session: Session, found: Collection[Changed]) -> frozenset[str]:
    """The customers whom changes are about; what is at a contact point is about all who are reached there."""
    people = {one.owner for one in found if one.kind in {"case", "went_out", "person"} and one.owner}
    accounts = {one.owner for one in found if one.kind in {"account", "bill"} and one.owner}
    points = {int(one.owner) for one in found if one.kind == "came_in" and one.owner}
    if accounts:
        row = tables.Account
        people |= set(session.scalars(select(row.customer_id).where(one_of(row.id, accounts))))
    if points:
        contact = tables.Contact
        here = one_of(contact.contact_point_id, points)
        people |= set(session.scalars(select(contact.customer_id).where(here, contact.removed_at.is_(None))))
    return frozenset(people)


def _position(text: str) -> Position:
    first, _, second = text.partition(".")
    if not (first.isdecimal() and second.isdecimal() and len(text) <= 40):  # noqa: PLR2004 - two numbers
        raise UnknownPosition(text)
    return int(first), int(second)


def _text(position: Position) -> str:
    return f"{position[0]}.{position[1]}"
