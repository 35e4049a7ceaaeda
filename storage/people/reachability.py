"""How customers can be reached: their contact points, with consents and time zones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, select

from billing.accounts.channels import Channel
from billing.accounts.snapshot import Reach
from billing.payers.obligations import Topic
from billing.values import value
from storage import tables
from storage.database.id_lists import of_ids

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.database.id_lists import Scope
    from storage.database.together import Rows


@value(frozen=True, slots=True)
class Way:
    """One contact point of a customer, with its time zones and the time of their last message from there."""

    reach: Reach
    zones: frozenset[str]
    wrote_at: datetime | None
    with_a_person: bool = False
    """A member of staff is in conversation with this customer there."""


def ways(session: Session, customer_ids: Collection[str]) -> dict[str, list[Way]]:
    """The contact points of each customer, in the order added.

    A letter needs no consent; every other channel needs one of this customer.
    """
    return by_customer(session.connection().execute(points(of_ids), {"ids": list(customer_ids)}).all())


def by_customer(rows: Rows) -> dict[str, list[Way]]:
    """The contact points of each customer, from the rows of :func:`points`."""
    found: dict[str, list[Way]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(_way(*row))
    return found


def _way(
    customer_id: str,
    point_id: int,
    channel: str,
    address: str,
    granted_on: date | None,
    stopped: bool,
    unreachable: bool,
    not_the_customer: bool,
    zones: str,
    confirmed: datetime | None,
    wrote: datetime | None,
    busy: bool,
    known_as: str | None,
    about: str | None,
) -> Way:
    way = _CHANNELS[channel]
    allowed = _begin_of(granted_on) if granted_on else None
    return Way(
        Reach(
            point_id,
            way,
            address,
            consented=granted_on is not None or not way.capabilities.needs_consent,
            stopped=stopped,
            unreachable=unreachable,
            not_the_customer=not_the_customer,
            known_at=max([at for at in (allowed, confirmed, wrote) if at], default=None),
            about=_topics(about) if about else None,
        ),
        _zones(zones),
        wrote,
        busy and known_as in {None, customer_id},
    )


_CHANNELS = {channel.value: channel for channel in Channel}


@lru_cache
def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@lru_cache
def _zones(packed: str) -> frozenset[str]:
    """The time zones from JSON, cached: most addresses share theirs with many others."""
    return frozenset(json.loads(packed))


@lru_cache
def _topics(packed: str) -> frozenset[Topic]:
    return frozenset(Topic(one) for one in json.loads(packed))


@cache
def points(scope: Scope) -> Select[*tuple[Any, ...]]:
    """The contact points of some customers, with what was allowed there."""
    point, contact, consent = tables.ContactPoint, tables.Contact, tables.Consent
    granted = (
        select(func.max(consent.granted_on))
        .where(
            consent.customer_id == contact.customer_id,
            consent.contact_point_id == contact.contact_point_id,
            consent.revoked_at.is_(None),
        )
        .scalar_subquery()
    )
    newest = (
        select(cast(consent.topics, Text))
        .where(
            consent.customer_id == contact.customer_id,
            consent.contact_point_id == contact.contact_point_id,
            consent.revoked_at.is_(None),
        )
        .order_by(consent.granted_on.desc(), consent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            contact.customer_id,
            point.id,
            point.channel,
            point.address,
            granted,
            point.stopped_at.is_not(None),
            point.unreachable_at.is_not(None),
            point.not_the_customer_at.is_not(None),
            cast(point.zones, Text),
            point.confirmed_at,
            point.last_inbound_at,
            point.person_since.is_not(None),
            point.identified_id,
            newest,
        )
        .join(point, point.id == contact.contact_point_id)
        .where(contact.removed_at.is_(None))
    )
    return scope(query, contact.customer_id).order_by(point.id)
