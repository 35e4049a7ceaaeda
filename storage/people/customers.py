"""Customers and guarantors, and the concerns to respect."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from storage import tables
from storage.database.id_lists import of_ids, one_of, one_of_ids
from storage.database.insert_once import insert_once
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime, time

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from storage.database.id_lists import Scope
    from storage.database.together import Rows


@dataclass(frozen=True, slots=True)
class Customer:
    """A person of the register. ``guarantor_id`` is who is liable for their bills, if not they."""

    id: str
    name: str
    birth_date: date | None = None
    language: str = "en"
    timezone: str | None = None
    country: str = ""
    region: str = ""
    address: str = ""
    postal_code: str = ""
    city: str = ""
    guarantor_id: str | None = None
    died_on: date | None = None
    note: str = ""
    erased_at: datetime | None = None
    """When they were erased (UTC): their id is left, and nothing is registered for them any more."""

    @property
    def first_name(self) -> str:
        """Their first name, as far as it can be seen from the full name."""
        return self.name.split()[0] if self.name.split() else ""


_FIELDS = tuple(Customer.__dataclass_fields__)


def save(session: Session, customer: Customer, now: datetime) -> bool:
    """Insert or update a customer; returns whether anything was new."""
    known = session.get(tables.Customer, customer.id)
    if known is None:
        session.add(tables.Customer(**asdict(customer), stopped_at=None, created_at=now))
        session.flush()
        return True
    changed = {name: value for name, value in asdict(customer).items() if getattr(known, name) != value}
    for name, value in changed.items():
        setattr(known, name, value)
    session.flush()
    return bool(changed)


def at_address(session: Session, channel: Channel, address: str) -> list[Customer]:
    """The customers who are reached at this address."""
    point = tables.ContactPoint
    found = session.scalar(select(point.id).where(point.channel == channel.value, point.address == address))
    return at_contact_point(session, found) if found is not None else []


def prefer_hours(session: Session, customer_id: str, begins: time, ends: time) -> None:
    """Save the hours, local to the customer, in which they want messages."""
    row = tables.Customer
    session.execute(update(row).where(row.id == customer_id).values(prefers_from=begins, prefers_until=ends))


def speak(session: Session, customer_id: str, language: str) -> None:
    """Set the language of messages to a customer."""
    session.execute(
        update(tables.Customer).where(tables.Customer.id == customer_id).values(language=language)
    )


def by_id(session: Session, customer_ids: Iterable[str]) -> dict[str, Customer]:
    """Those of the customers with these ids that exist, by id."""
    rows = session.connection().execute(_by_id(), {"ids": list(set(customer_ids))}).all()
    return {row.id: Customer(*row) for row in rows}


@cache
def _by_id() -> Select[*tuple[Any, ...]]:
    return _select().where(one_of_ids(tables.Customer.id))


def find(session: Session, customer_id: str) -> Customer | None:
    """One customer; ``None`` if they do not exist."""
    return by_id(session, [customer_id]).get(customer_id)


def at_contact_point(session: Session, contact_point_id: int) -> list[Customer]:
    """The customers who are reached at a contact point, by id."""
    rows = session.connection().execute(_at_contact_point(lock=False), {"point": contact_point_id})
    return [Customer(*row) for row in rows]


def lock_at_contact_point(session: Session, contact_point_id: int) -> list[Customer]:
    """The same customers, locked until the transaction ends in the order of their ids, as everywhere."""
    rows = session.connection().execute(_at_contact_point(lock=True), {"point": contact_point_id})
    note_lock(session)
    return [Customer(*row) for row in rows]


@cache
def _at_contact_point(*, lock: bool) -> Select[*tuple[Any, ...]]:
    contact = tables.Contact
    found = (
        _select()
        .join(contact, contact.customer_id == tables.Customer.id)
        .where(contact.contact_point_id == bindparam("point"), contact.removed_at.is_(None))
        .order_by(tables.Customer.id)
    )
    return found.with_for_update(key_share=True, of=tables.Customer) if lock else found


def set_stopped(session: Session, customer_ids: Collection[str], at: datetime | None) -> None:
    """Record that these customers opted out (UTC), or (``None``) opted in again."""
    session.execute(
        update(tables.Customer).where(one_of(tables.Customer.id, customer_ids)).values(stopped_at=at)
    )


def stopped(session: Session, customer_id: str) -> bool:
    """Whether a customer opted out of messages."""
    row = tables.Customer
    return session.scalar(select(row.stopped_at).where(row.id == customer_id)) is not None


def keep_stopped(session: Session, customer_id: str, at: datetime) -> None:
    """Record that a customer opted out at a moment (UTC), unless it is recorded already."""
    row = tables.Customer
    session.execute(update(row).where(row.id == customer_id, row.stopped_at.is_(None)).values(stopped_at=at))


def dependants(session: Session, guarantor_id: str) -> list[str]:
    """The ids of the customers whose bills a person is liable for."""
    found = select(tables.Customer.id).where(tables.Customer.guarantor_id == guarantor_id)
    return list(session.scalars(found.order_by(tables.Customer.id)))


def record_concerns(session: Session, customer_id: str, concerns: Mapping[str, str], now: datetime) -> bool:
    """Save what must be respected about a customer, by kind with details; returns whether any is new."""
    rows = [
        {"customer_id": customer_id, "kind": kind, "detail": detail, "recorded_at": now}
        for kind, detail in concerns.items()
    ]
    new = [insert_once(session, tables.Concern, row) for row in rows]
    return any(found is not None for found in new)


def concerns_of(session: Session, customer_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The kinds of concerns of each customer."""
    return concerns_by_customer(
        session.connection().execute(concerns(of_ids), {"ids": list(customer_ids)}).all()
    )


def concerns_by_customer(rows: Rows) -> dict[str, frozenset[str]]:
    """The kinds of concerns of each customer, from the rows of :func:`concerns`."""
    found: dict[str, set[str]] = {}
    for customer_id, kind in rows:
        found.setdefault(customer_id, set()).add(kind)
    return {customer_id: frozenset(kinds) for customer_id, kinds in found.items()}


@cache
def concerns(scope: Scope) -> Select[*tuple[Any, ...]]:
    """What must be respected about some customers."""
    row = tables.Concern
    return scope(select(row.customer_id, row.kind), row.customer_id)


def _select() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(tables.Customer, name) for name in _FIELDS))
