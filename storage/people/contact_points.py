"""Contact points: whose they are, consents for them, and who identified themselves there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, null, select, update
from sqlalchemy.orm import aliased

from billing.accounts.channels import Channel
from storage import tables
from storage.database.changes import change
from storage.database.constants import any_fixed, fixed
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing, insert_once, insert_or_change
from storage.database.transaction import note_lock
from storage.privacy import erasures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningUpdate

    from billing.payers.obligations import Topic


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """An address on a channel, and its state. Moments are UTC."""

    id: int
    channel: Channel
    address: str
    language: str
    zones: frozenset[str]
    stopped_at: datetime | None
    unreachable_at: datetime | None
    identified_id: str | None
    identified_until: datetime | None
    proved_until: datetime | None
    person_since: datetime | None
    last_inbound_at: datetime | None
    not_the_customer_at: datetime | None
    whose_unclear_at: datetime | None
    idle_texts: int
    idle_at: datetime | None
    idle_reply: str

    def identified(self, now: datetime) -> str | None:
        """The customer who identified themselves there, as long as that is valid."""
        if self.not_the_customer_at is None and self.identified_until and now < self.identified_until:
            return self.identified_id
        return None

    def proved(self, now: datetime) -> bool:
        """Whether a second identifying answer is valid."""
        valid = self.proved_until is not None and now < self.proved_until
        return valid and self.not_the_customer_at is None


def at(
    session: Session, channel: Channel, address: str, zones: Iterable[str], language: str, now: datetime
) -> int:
    """The id of the contact point with this address; a new one gets these zones and language.

    Each zone is an IANA name; several mean that the address fits all of them. What somebody said at the
    same address on another channel, not to be the customer, holds for a new one as well; and so does a stop
    of somebody who was erased since.
    """
    known = _id_at(session, channel, address)
    if known is not None:
        return known
    said = {"address": address, "stop": erasures.stop_digest(session, channel, address)}
    not_the_customer_at, stopped_at = session.connection().execute(_marked_at(), said).one()
    insert_once(
        session,
        tables.ContactPoint,
        {
            "channel": channel.value,
            "address": address,
            "language": language,
            "zones": sorted(set(zones)),
            "created_at": now,
            "wrong_tries": 0,
            "not_the_customer_at": not_the_customer_at,
            "stopped_at": stopped_at,
        },
    )
    made = _id_at(session, channel, address)
    assert made is not None
    return made


def _id_at(session: Session, channel: Channel, address: str) -> int | None:
    wanted = {"channel": channel.value, "address": address}
    found: int | None = session.connection().execute(_at(), wanted).scalar()
    return found


@cache
def _marked_at() -> Select[*tuple[Any, ...]]:
    point = tables.ContactPoint
    # Each channel is named so that the key of channel and address is searched, not the whole table.
    every = point.channel.in_(any_fixed(list(Channel)))
    stopped = erasures.stopped_since().scalar_subquery()
    here = every, point.address == bindparam("address")
    return select(func.max(point.not_the_customer_at), stopped).where(*here)


@cache
def _at() -> Select[*tuple[Any, ...]]:
    point = tables.ContactPoint
    return select(point.id).where(
        point.channel == bindparam("channel"), point.address == bindparam("address")
    )


def get(session: Session, contact_point_id: int, *, lock: bool = False) -> ContactPoint:
    """One contact point, as it is stored now; with ``lock`` as ``lock_contact_point`` locks it."""
    found = session.connection().execute(_get(lock=lock), {"point": contact_point_id}).one()
    if lock:
        note_lock(session)
    return _point(found)


@cache
def _get(*, lock: bool) -> Select[*tuple[Any, ...]]:
    found = select(*_columns()).where(tables.ContactPoint.id == bindparam("point"))
    return found.with_for_update(key_share=True) if lock else found


def hear(session: Session, contact_point_id: int, after: int) -> ContactPoint:
    """Lock a contact point, as it is, for the turn of its oldest waiting message with an id above ``after``.

    In the same statement that message counts as heard (``last_inbound_at``).
    """
    wanted = {"point": contact_point_id, "after": after}
    found = session.connection().execute(_hear(), wanted).one()
    note_lock(session)
    return _point(found)


@cache
def _hear() -> ReturningUpdate[Any]:
    point, inbound = tables.ContactPoint, tables.Inbox
    came = (
        select(inbound.received_at)
        .where(inbound.contact_point_id == bindparam("point"), inbound.state == fixed("waiting"))
        .where(inbound.id > bindparam("after"))
        .order_by(inbound.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        update(point.__table__)  # type: ignore[arg-type]
        .where(point.id == bindparam("point"))
        .values(last_inbound_at=func.coalesce(came, point.last_inbound_at))
        .returning(*_columns())
    )


def _columns() -> list[ColumnElement[Any]]:
    columns = tables.ContactPoint.__table__.c
    return [columns[name] for name in ContactPoint.__dataclass_fields__]


def _point(row: Sequence[Any]) -> ContactPoint:
    point_id, channel, address, language, zones, *rest = row
    return ContactPoint(point_id, Channel(channel), address, language, frozenset(zones), *rest)


def find(session: Session, channel: Channel, address: str) -> ContactPoint | None:
    """The contact point with this address; ``None`` if it does not exist."""
    found = _id_at(session, channel, address)
    return None if found is None else get(session, found)


def of_phone(session: Session, number: str) -> list[int]:
    """The ids of the contact points, on every channel, that a phone number (E.164) leads to."""
    point = tables.ContactPoint
    channels = [channel.value for channel in Channel if channel.by_phone]
    found = select(point.id).where(point.channel.in_(channels), point.address == number)
    return list(session.scalars(found.order_by(point.id)))


def of_customers(session: Session, customer_ids: Collection[str]) -> dict[str, list[int]]:
    """The ids of each customer's contact points."""
    contact = tables.Contact
    found: dict[str, list[int]] = {customer_id: [] for customer_id in customer_ids}
    rows = session.execute(
        select(contact.customer_id, contact.contact_point_id)
        .where(one_of(contact.customer_id, customer_ids), contact.removed_at.is_(None))
        .order_by(contact.contact_point_id)
    )
    for customer_id, point_id in rows:
        found[customer_id].append(point_id)
    return found


def link(session: Session, customer_id: str, contact_point_id: int, now: datetime) -> None:
    """Record that a customer is reached at a contact point; one that was removed stays removed."""
    insert_missing(
        session,
        tables.Contact,
        [{"customer_id": customer_id, "contact_point_id": contact_point_id, "added_at": now}],
    )


def relink(session: Session, customer_id: str, contact_point_id: int, now: datetime) -> None:
    """Record that a customer is reached at a contact point, also if it was removed before."""
    row = {"customer_id": customer_id, "contact_point_id": contact_point_id, "added_at": now}
    insert_or_change(session, tables.Contact, [row], {"removed_at": None, "removed_by": None})


def unlink(session: Session, customer_id: str, contact_point_id: int, now: datetime) -> None:
    """Record that a customer is no longer reached at a contact point."""
    contact = tables.Contact
    session.execute(
        update(contact)
        .where(contact.customer_id == customer_id, contact.contact_point_id == contact_point_id)
        .values(removed_at=now)
    )


def grant(
    session: Session,
    customer_id: str,
    contact_point_id: int,
    granted_on: date,
    basis: str,
    topics: Iterable[Topic] | None = None,
) -> bool:
    """Insert a consent: for which contact point, since which day, on what basis, for which topics.

    Returns whether it is new.
    """
    # A consent that names no topics is for all of them: the column stays empty.
    about = {} if topics is None else {"topics": [topic.value for topic in topics]}
    made = insert_once(
        session,
        tables.Consent,
        {
            "customer_id": customer_id,
            "contact_point_id": contact_point_id,
            "granted_on": granted_on,
            "basis": basis,
            **about,
        },
    )
    return made is not None


def set_stopped(session: Session, contact_point_ids: Collection[int], at: datetime | None) -> None:
    """Stop unsolicited messages to contact points since a moment (UTC), or (``None``) allow them again."""
    _set(session, contact_point_ids, stopped_at=at)


def set_unreachable(session: Session, contact_point_id: int, at: datetime | None) -> None:
    """Record since when (UTC) messages to a contact point fail, or (``None``) that they arrive again."""
    _set(session, [contact_point_id], unreachable_at=at)


def failing() -> Select[*tuple[Any, ...]]:
    """Other numbers of the customers at ``point`` that fail, if they were not asked about them since."""
    point, contact, here = tables.ContactPoint, tables.Contact, aliased(tables.Contact)
    return (
        select(contact.customer_id, point.id, point.address)
        .select_from(here)
        .join(contact, contact.customer_id == here.customer_id)
        .join(point, point.id == contact.contact_point_id)
        .where(
            here.contact_point_id == bindparam("point"),
            here.removed_at.is_(None),
            contact.removed_at.is_(None),
            contact.asked_at.is_(None),
            point.id != bindparam("point"),
            point.unreachable_at.is_not(None),
            point.channel.in_(any_fixed(channel for channel in Channel if channel.by_phone)),
        )
        .order_by(point.id)
    )


def asked_about(session: Session, customer_id: str, contact_point_id: int, at: datetime) -> None:
    """Record that the customer was asked whether a contact point is still right."""
    contact = tables.Contact
    session.execute(
        update(contact)
        .where(contact.customer_id == customer_id, contact.contact_point_id == contact_point_id)
        .values(asked_at=at)
    )


def ask_anew(session: Session, contact_point_id: int) -> None:
    """Let its customers be asked about it once more: it has begun to fail again."""
    contact = tables.Contact
    session.execute(update(contact).where(contact.contact_point_id == contact_point_id).values(asked_at=None))


def works_again(session: Session, contact_point_id: int) -> None:
    """Record that a contact point that failed works."""
    _set(session, [contact_point_id], unreachable_at=None)


def set_idle(session: Session, contact_point_id: int, texts: int, at: datetime | None, reply: str) -> None:
    """Set how many texts in a row told nothing, when the last came (UTC), and what it was answered."""
    _set(session, [contact_point_id], idle_texts=texts, idle_at=at, idle_reply=reply)


def set_language(session: Session, contact_point_id: int, language: str) -> None:
    """Set the language of messages to this contact point."""
    _set(session, [contact_point_id], language=language)


def identify(session: Session, contact_point_id: int, customer_id: str, until: datetime) -> None:
    """Record that this customer identified themselves there, valid until a moment (UTC).

    A second answer that somebody else gave there before counts for them no more.
    """
    point = tables.ContactPoint
    same = point.identified_id == customer_id
    session.execute(
        update(point)
        .where(point.id == contact_point_id)
        .values(
            identified_id=customer_id,
            identified_until=until,
            whose_unclear_at=null(),
            proved_until=case((same, point.proved_until), else_=null()),
        )
    )


def prove(session: Session, contact_point_id: int, until: datetime) -> None:
    """Record a contact point's right second answer, valid until a moment (UTC)."""
    _set(session, [contact_point_id], proved_until=until)


def end_identity(session: Session, contact_point_ids: Collection[int]) -> None:
    """Whoever identified at these contact points has to do so again."""
    _set(session, contact_point_ids, identified_until=None, proved_until=None)


def mark_not_the_customer(session: Session, contact_point_ids: Collection[int], at: datetime) -> None:
    """Record since when (UTC) somebody else writes at contact points, where nobody is identified then."""
    _set(session, contact_point_ids, not_the_customer_at=at, identified_until=None, proved_until=None)


def mark_whose_unclear(session: Session, contact_point_id: int, at: datetime) -> None:
    """Record since when (UTC) it is open whose bill is talked about there; nobody is identified then."""
    _set(session, [contact_point_id], whose_unclear_at=at, identified_until=None, proved_until=None)


def clear_not_the_customer(session: Session, contact_point_ids: Collection[int]) -> None:
    """Record that a person looked who writes at contact points."""
    _set(session, contact_point_ids, not_the_customer_at=None)


def of_same_address(session: Session, contact_point_id: int) -> list[int]:
    """The ids of the contact points with the same address, whatever the channel: one phone has several."""
    point, here = tables.ContactPoint, aliased(tables.ContactPoint)
    found = select(point.id).join(here, here.address == point.address).where(here.id == contact_point_id)
    return sorted(session.scalars(found))


def confirm(session: Session, contact_point_id: int, at: datetime) -> None:
    """Record that the customer at a contact point confirmed their contact details."""
    _set(session, [contact_point_id], confirmed_at=at)


def take_over(session: Session, contact_point_id: int, at: datetime) -> None:
    """Record that a member of staff answers a contact point from now on."""
    point = tables.ContactPoint
    taken = update(point).where(point.id == contact_point_id, point.person_since.is_(None))
    session.execute(taken.values(person_since=at))


def hand_back(session: Session, contact_point_id: int) -> None:
    """Record that the bot answers a contact point again."""
    _set(session, [contact_point_id], person_since=None)


def _set(session: Session, contact_point_ids: Collection[int], **values: object) -> None:
    if len(contact_point_ids) == 1:
        (point_id,) = contact_point_ids
        change(session, tables.ContactPoint, point_id, **values)
        return
    point = tables.ContactPoint
    session.execute(update(point).where(point.id.in_(contact_point_ids)).values(**values))
