"""Inbound messages, stored once per provider id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, true
from sqlalchemy.orm import aliased

from billing.accounts.channels import Channel
from storage import tables
from storage.database.changes import change
from storage.database.constants import fixed
from storage.database.id_lists import one_of_ids
from storage.database.insert_once import insert_new
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Inbound:
    """One inbound message. ``kind`` is an :class:`handlers.arrivals.ArrivalKind` value."""

    id: int
    channel: Channel
    contact_point_id: int
    kind: str
    text: str
    asked_at: str
    sender: str
    received_at: datetime
    state: str
    tries: int
    provider_id: str


def last_at(
    session: Session, channel: Channel, addresses: Collection[str], since: datetime
) -> dict[str, tuple[int, Inbound | None]]:
    """By address on a channel, where it is known: its contact point, and the newest text since then (UTC)."""
    wanted = {"channel": channel.value, "ids": list(addresses), "since": since}
    found: dict[str, tuple[int, Inbound | None]] = {}
    for address, point_id, *newest in session.connection().execute(_last_at(), wanted):
        found[address] = point_id, None if newest[0] is None else inbound(newest)
    return found


@cache
def _last_at() -> Select[*tuple[Any, ...]]:
    row, point, earlier = tables.Inbox, tables.ContactPoint, aliased(tables.Inbox)
    since = bindparam("since", type_=UtcDateTime())
    newest = (
        select(func.max(earlier.id))
        .where(earlier.contact_point_id == point.id, earlier.received_at >= since)
        .scalar_subquery()
    )
    return (
        select(point.address, point.id, *_columns())
        .select_from(point)
        .outerjoin(row, row.id == newest)
        .where(point.channel == bindparam("channel"), one_of_ids(point.address))
    )


def texts_before(session: Session, message: Inbound, since: datetime, limit: int) -> list[Inbound]:
    """Texts of the contact point up to a message, which is the last, that came since then (UTC)."""
    row = tables.Inbox
    mine = (row.contact_point_id == message.contact_point_id, row.id <= message.id, row.received_at >= since)
    found = session.execute(select(*_columns()).where(*mine).order_by(row.id.desc()).limit(limit))
    return [inbound(one) for one in found][::-1]


@dataclass(frozen=True, slots=True)
class NewInbound:
    """An inbound message to be stored; see :class:`Inbound`."""

    channel: Channel
    provider_id: str
    contact_point_id: int
    kind: str
    text: str
    asked_at: str
    received_at: datetime
    sender: str = ""


def save_inbound(session: Session, messages: Sequence[NewInbound]) -> dict[tuple[Channel, str], int]:
    """Insert messages; returns the new ids by channel and provider id, without those that exist already."""
    rows = [
        {
            "channel": one.channel.value,
            "provider_id": one.provider_id,
            "contact_point_id": one.contact_point_id,
            "kind": one.kind,
            "text": one.text,
            "asked_at": one.asked_at,
            "sender": one.sender,
            "received_at": one.received_at,
            "state": "waiting",
            "tries": 0,
            "next_try_at": one.received_at,
        }
        for one in messages
    ]
    stored = insert_new(session, tables.Inbox, rows, ("channel", "provider_id", "id"))
    return {(Channel(channel), provider_id): inbox_id for channel, provider_id, inbox_id in stored}


def get(session: Session, inbox_id: int) -> Inbound:
    """One inbound message, as it is stored now."""
    return inbound(session.connection().execute(_get(), {"row": inbox_id}).one())


@cache
def _get() -> Select[*tuple[Any, ...]]:
    return select(*_columns()).where(tables.Inbox.id == bindparam("row"))


def inbound(row: Sequence[Any]) -> Inbound:
    """A message, from a row of :func:`next_waiting`."""
    row_id, channel, *rest = row
    return Inbound(row_id, Channel(channel), *rest)


def _columns() -> list[ColumnElement[Any]]:
    return [tables.Inbox.__table__.c[name] for name in Inbound.__dataclass_fields__]


@cache
def next_waiting() -> Select[*tuple[Any, ...]]:
    """The oldest waiting message of the contact point ``point`` with an id above ``after``."""
    row = tables.Inbox
    mine = (row.contact_point_id == bindparam("point"), row.state == fixed("waiting"))
    return select(*_columns()).where(*mine, row.id > bindparam("after")).order_by(row.id).limit(1)


def waiting(session: Session, now: datetime, limit: int) -> list[Inbound]:
    """The messages that wait for an answer, in the order they came."""
    row = tables.Inbox
    due = (row.state == fixed("waiting"), row.next_try_at <= now)
    found = session.connection().execute(select(*_columns()).where(*due).order_by(row.id).limit(limit))
    return [inbound(one) for one in found]


def first_waiting(session: Session, contact_point_id: int, after: int) -> Inbound | None:
    """The oldest waiting message of a contact point that came after another one (its id)."""
    wanted = {"point": contact_point_id, "after": after}
    found = session.connection().execute(next_waiting(), wanted).first()
    return None if found is None else inbound(found)


def done(session: Session, inbox_id: int, now: datetime) -> None:
    """Mark a message as answered, or as needing no answer."""
    _set(session, inbox_id, state="done", handled_at=now)


def failed(session: Session, inbox_id: int, tries: int, again_at: datetime) -> None:
    """Record a failed turn, and when to try again (UTC)."""
    _set(session, inbox_id, tries=tries, next_try_at=again_at)


def given_up(session: Session, inbox_id: int, tries: int, now: datetime) -> None:
    """Record that the turn failed too often; the caller opens a case for a person."""
    _set(session, inbox_id, state="given_up", tries=tries, handled_at=now)


def _set(session: Session, inbox_id: int, **values: object) -> None:
    change(session, tables.Inbox, inbox_id, **values)


def count_since(session: Session, contact_point_id: int, since: datetime) -> int:
    """The number of inbound messages from a contact point after a moment (UTC)."""
    row = tables.Inbox
    found = select(func.count()).where(row.contact_point_id == contact_point_id, row.received_at > since)
    return session.scalar(found) or 0


def texts_since(session: Session, contact_point_id: int, since: datetime, limit: int) -> list[str]:
    """What was written at a contact point since a moment (UTC), the newest first.

    What a person has read and closed a case about there is left out.
    """
    row, case = tables.Inbox, tables.Escalation
    looked = select(func.max(case.closed_at)).where(case.contact_point_id == contact_point_id)
    unread = func.coalesce(row.received_at > looked.scalar_subquery(), true())
    found = select(row.text).where(row.contact_point_id == contact_point_id, row.received_at >= since, unread)
    return list(session.scalars(found.order_by(row.id.desc()).limit(limit)))
