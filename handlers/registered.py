"""Who is registered, and who was erased: nobody registers them again unless they wish it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.refusals import Refusal
from handlers.import_results import UnknownCustomer
from messages.understanding.spelling import fold
from storage.people import customers
from storage.privacy import erasures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from storage.people.customers import Customer


class WasErased(Refusal):
    """The person was erased, and is not registered again by a file or a conversation."""

    def __init__(self, customer_id: str, erased_as: str, at: datetime, place: str = "") -> None:
        known = "" if customer_id == erased_as else f" as {erased_as!r}"
        super().__init__(
            (f"{place}: " if place else "")
            + f"customer {customer_id!r} was erased{known} on {at:%Y-%m-%d}: leave them out; if they wish to "
            f"be registered again, kvitt privacy readmit {erased_as}"
        )


def registered(session: Session, customer_id: str, place: str = "") -> Customer:
    """The customer with this id, to register something of theirs.

    Raises:
        UnknownCustomer: no customer has this id.
        WasErased: the person was erased.
    """
    found = customers.find(session, customer_id)
    if found is None:
        raise UnknownCustomer(customer_id, place)
    if found.erased_at:
        raise WasErased(customer_id, customer_id, found.erased_at, place)
    return found


def refuse_erased(
    session: Session,
    customer_id: str,
    known: Customer | None,
    name: str,
    born: date | None,
    addresses: Iterable[str],
) -> None:
    """Refuse to register a person who was erased, known by their id, or by name and birth date or address.

    Raises:
        WasErased: they were.
    """
    if known and known.erased_at:
        raise WasErased(customer_id, customer_id, known.erased_at)
    if known:
        return
    found = erasures.erased_as(session, recognised_by(customer_id, name, born, addresses))
    if found:
        raise WasErased(customer_id, found.customer_id, found.erased_at)


def recognised_by(customer_id: str, name: str, born: date | None, addresses: Iterable[str]) -> list[str]:
    """What a person is known by again. A name alone is many people's."""
    spelled = " ".join(fold(name).split())
    found = [f"id {customer_id}"]
    if spelled and born:
        found.append(f"born {spelled} {born.isoformat()}")
    if spelled:
        found += [f"reached {spelled} {address.lower()}" for address in sorted(set(addresses)) if address]
    return found
