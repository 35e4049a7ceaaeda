"""What one person is known by, and what of it is other people's too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.personal_marks import PersonIdentity
from storage import tables
from storage.database.id_lists import one_of
from storage.privacy import erasures

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.privacy.person_rows import PersonRows


@dataclass(frozen=True, slots=True)
class KnownBy:
    """A person's identity, what of it others share, and their addresses that must not be written to."""

    identity: PersonIdentity
    shared: frozenset[str]
    stopped: tuple[str, ...]
    """As :func:`storage.privacy.erasures.stop_name` writes them."""


def known_by(session: Session, person: PersonRows) -> KnownBy:
    """What a person is known by, before they are erased."""
    row = session.get_one(tables.Customer, person.customer_id, populate_existing=True)
    point = tables.ContactPoint
    points = session.execute(
        select(point.id, point.channel, point.address).where(one_of(point.id, person.points | person.shared))
    ).all()
    members = set(session.scalars(select(tables.Coverage.member_id).where(person.condition("coverages"))))
    lines = [line.strip() for line in re.split(r"[\n,;]", row.address)]
    identity = PersonIdentity(
        name=row.name,
        birth_date=row.birth_date,
        addresses=tuple(address for _, channel, address in points if _is_address(channel)),
        numbers=tuple(sorted(filter(None, members))),
        lines=tuple(filter(None, [*lines, row.postal_code])),
    )
    shared = {address for point_id, _, address in points if point_id in person.shared}
    return KnownBy(
        identity,
        frozenset(shared | _names_of_others(session, row) | _members_of_others(session, person, members)),
        _stopped(session, person, row),
    )


def _is_address(channel: str) -> bool:
    return not Channel(channel).on_paper


def _names_of_others(session: Session, row: tables.Customer) -> set[str]:
    other = tables.Customer
    found = select(other.id).where(func.lower(other.name) == row.name.lower(), other.id != row.id)
    return {row.name} if session.scalar(found.limit(1)) is not None else set()


def _members_of_others(session: Session, person: PersonRows, mine: set[str]) -> set[str]:
    """Member numbers that a family shares."""
    row = tables.Coverage
    # Read and compared here: the column may be sealed, the same number differently each time.
    others = session.scalars(select(row.member_id).where(row.customer_id != person.customer_id))
    return mine & set(others) if mine else set()


def _stopped(session: Session, person: PersonRows, row: tables.Customer) -> tuple[str, ...]:
    """The addresses of nobody else where a stop was said, the person died, or it is a wrong number."""
    point, contact, hold = tables.ContactPoint, tables.Contact, tables.Hold
    kinds = set(
        session.scalars(select(hold.kind).where(hold.customer_id == row.id, hold.lifted_at.is_(None)))
    )
    everywhere = bool(row.stopped_at or row.died_on or HoldKind.DECEASED.value in kinds)
    said = or_(point.stopped_at.is_not(None), point.not_the_customer_at.is_not(None))
    if HoldKind.WRONG_NUMBER.value in kinds:
        said = or_(said, contact.removed_at.is_not(None))
    query = (
        select(point.channel, point.address)
        .join(contact, contact.contact_point_id == point.id)
        .where(contact.customer_id == row.id, one_of(point.id, person.points))
    )
    rows = session.execute(query if everywhere else query.where(said))
    return tuple(
        erasures.stop_name(Channel(channel), address) for channel, address in rows if _is_address(channel)
    )
