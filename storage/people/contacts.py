"""What a customer is and was reached at: the contacts that were retired stay, with who retired them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, update

from billing.accounts.channels import Channel
from storage import tables
from storage.database.id_lists import one_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


class Retirer(StrEnum):
    """Whose word it is that a contact point is no longer a customer's."""

    REGISTER = "register"
    """The register has another in its place; it may come to name this one again."""
    CUSTOMER = "customer"
    """They, or whoever has it now, said so: only they can take it back."""
    CARRIER = "carrier"
    """It was given to somebody else."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact point of a customer, perhaps a retired one. Moments are UTC."""

    contact_point_id: int
    channel: Channel
    address: str
    stopped_at: datetime | None
    added_at: datetime
    removed_at: datetime | None
    removed_by: str | None

    @property
    def live(self) -> bool:
        """Whether the customer is reached there."""
        return self.removed_at is None


def ever_at(session: Session, contact_point_id: int) -> int:
    """How many customers are or were reached at a contact point."""
    row = tables.Contact
    query = select(func.count()).where(row.contact_point_id == contact_point_id)
    return session.scalar(query) or 0


def shared_with_others(
    session: Session, contact_point_ids: Collection[int], customer_ids: Collection[str]
) -> set[int]:
    """Those of these contact points where somebody else than these customers is reached, too."""
    row = tables.Contact
    query = select(row.contact_point_id).where(
        row.contact_point_id.in_(contact_point_ids),
        row.customer_id.not_in(customer_ids),
        row.removed_at.is_(None),
    )
    return set(session.scalars(query)) if contact_point_ids else set()


def of_customer(session: Session, customer_id: str) -> list[Contact]:
    """Every contact of a customer, also the retired ones, in the order of contact points."""
    rows = session.connection().execute(_of_customer(), {"customer": customer_id})
    return [Contact(point_id, Channel(channel), *rest) for point_id, channel, *rest in rows]


@cache
def _of_customer() -> Select[*tuple[Any, ...]]:
    point, contact = tables.ContactPoint, tables.Contact
    return (
        select(
            point.id,
            point.channel,
            point.address,
            point.stopped_at,
            contact.added_at,
            contact.removed_at,
            contact.removed_by,
        )
        .join(contact, contact.contact_point_id == point.id)
        .where(contact.customer_id == bindparam("customer"))
        .order_by(point.id)
    )


def consents_at(
    session: Session, customer_id: str, contact_point_ids: Collection[int]
) -> set[tuple[date, str]]:
    """The consents of a customer for these contact points, by the day they were given and their basis."""
    consent = tables.Consent
    rows = session.execute(
        select(consent.granted_on, consent.basis).where(
            consent.customer_id == customer_id, one_of(consent.contact_point_id, contact_point_ids)
        )
    )
    return {(granted_on, basis) for granted_on, basis in rows}


def retired_since(session: Session, contact_point_id: int, since: datetime) -> set[str]:
    """The customers who are no longer reached at a contact point, since a moment (UTC) or later."""
    contact = tables.Contact
    at = (contact.contact_point_id == contact_point_id, contact.removed_at >= since)
    return set(session.scalars(select(contact.customer_id).where(*at)))


def retire(
    session: Session, customer_id: str, contact_point_ids: Collection[int], by: Retirer, now: datetime
) -> None:
    """Record that a customer is no longer reached at these contact points.

    Whoever is there is no longer taken for them and has not identified there before, should they be reached
    there again; their open conversation there ends, and links to bills that
    were sent there open nothing any more.
    """
    contact, point = tables.Contact, tables.ContactPoint
    talk, link = tables.Conversation, tables.BillLink
    theirs = one_of(contact.contact_point_id, contact_point_ids)
    session.execute(
        update(contact)
        .where(contact.customer_id == customer_id, theirs)
        .values(removed_at=now, removed_by=by.value, identified_at=None)
    )
    session.execute(
        update(point)
        .where(one_of(point.id, contact_point_ids), point.identified_id == customer_id)
        .values(identified_id=None, identified_until=None, proved_until=None)
    )
    session.execute(
        update(talk)
        .where(
            one_of(talk.contact_point_id, contact_point_ids),
            talk.customer_id == customer_id,
            talk.state == "open",
        )
        .values(state="left", offer={}, answers={})
    )
    session.execute(
        update(link)
        .where(
            one_of(link.contact_point_id, contact_point_ids),
            link.person_id == customer_id,
            link.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
