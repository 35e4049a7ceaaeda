"""What is known about who writes at a contact point: who identified there, and the wrong answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import aliased

from billing.accounts.channels import Channel
from billing.accounts.identity import WrongAnswer
from storage import tables
from storage.database.changes import add
from storage.database.constants import any_fixed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.database.together import Rows


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A wrong answer, as it is stored: about whom, where, and whether they had identified there before."""

    customer_id: str | None
    contact_point_id: int
    verified: bool
    entrance: str
    answer: WrongAnswer


@dataclass(frozen=True, slots=True)
class PointIdentity:
    """Who may be meant at a contact point, and what was tried there and elsewhere about the same people."""

    contact_point_id: int
    identified: Mapping[str, bool]
    """The customers who are reached there, and whether each has identified there before."""
    not_the_customer: bool
    """Somebody at this address said not to be the customer, on whatever channel."""
    whose_unclear: bool
    """A text at this contact point left open whose bill is talked about."""
    answers: tuple[KeptAnswer, ...]

    def own(self, customer_id: str) -> tuple[WrongAnswer, ...]:
        """Wrong answers about a customer at this contact point, once they had identified there."""
        return tuple(
            one.answer
            for one in self.answers
            if one.customer_id == customer_id
            and one.verified
            and one.contact_point_id == self.contact_point_id
        )

    def shared(self, customer_id: str) -> tuple[WrongAnswer, ...]:
        """Wrong answers about a customer wherever they had not identified before.

        Those of a chat that was retired and is linked again count too: a way there and back ends no lock.
        """
        here = None if self.identified.get(customer_id) else self.contact_point_id
        return tuple(
            one.answer
            for one in self.answers
            if one.customer_id == customer_id and (not one.verified or one.contact_point_id == here)
        )

    def nobody(self) -> tuple[WrongAnswer, ...]:
        """Wrong answers at this contact point while nobody was reached there."""
        here = self.contact_point_id
        return tuple(
            one.answer for one in self.answers if one.customer_id is None and one.contact_point_id == here
        )


def at(session: Session, contact_point_id: int, customer_id: str | None = None) -> PointIdentity:
    """What is known at a contact point, also about a customer who is not reached there."""
    asked = {"point": contact_point_id}
    connection = session.connection()
    found = of_rows(
        contact_point_id,
        connection.execute(people(), asked).all(),
        connection.execute(marks(), asked).all(),
        connection.execute(answers(), asked).all(),
    )
    if customer_id is None or customer_id in found.identified:
        return found
    row = tables.WrongAnswer
    rows = session.execute(select(*_columns()).where(row.customer_id == customer_id)).all()
    apart = [one for one in found.answers if one.customer_id != customer_id]
    return replace(found, answers=(*apart, *(_kept(*one) for one in rows)))


def of_rows(contact_point_id: int, people: Rows, marks: Rows, answers: Rows) -> PointIdentity:
    """The same from the rows of :func:`people`, :func:`marks` and :func:`answers`."""
    return PointIdentity(
        contact_point_id,
        {customer_id: at is not None for customer_id, at in people},
        any(not_the_customer for not_the_customer, _ in marks),
        any(unclear for _, unclear in marks),
        tuple(_kept(*one) for one in answers),
    )


@cache
def people() -> Select[*tuple[Any, ...]]:
    """The customers who are reached at ``point``, and when each last identified there."""
    contact = tables.Contact
    return select(contact.customer_id, contact.identified_at).where(
        contact.contact_point_id == bindparam("point"), contact.removed_at.is_(None)
    )


@cache
def marks() -> Select[*tuple[Any, ...]]:
    """The contact points with the address of ``point`` where somebody else writes, or may do."""
    point, here = tables.ContactPoint, aliased(tables.ContactPoint)
    return (
        select(
            point.not_the_customer_at.is_not(None),
            and_(point.id == here.id, point.whose_unclear_at.is_not(None)),
        )
        .select_from(here)
        # Each channel is named so that the key of channel and address is searched, not the whole table.
        .join(point, and_(point.address == here.address, point.channel.in_(any_fixed(list(Channel)))))
        .where(
            here.id == bindparam("point"),
            or_(point.not_the_customer_at.is_not(None), point.whose_unclear_at.is_not(None)),
        )
    )


@cache
def answers() -> Select[*tuple[Any, ...]]:
    """Wrong answers about whoever is reached at ``point``, and those given there about nobody."""
    row, contact = tables.WrongAnswer, tables.Contact
    reached = select(contact.customer_id).where(contact.contact_point_id == bindparam("point"))
    nobody = (row.contact_point_id == bindparam("point")) & row.customer_id.is_(None)
    return select(*_columns()).where(or_(row.customer_id.in_(reached), nobody)).order_by(row.id)


def save_wrong(
    session: Session,
    customer_id: str | None,
    contact_point_id: int,
    entrance: str,
    now: datetime,
    *,
    verified: bool,
) -> None:
    """Save a wrong answer; without a customer, one at a contact point where nobody is reached."""
    add(
        session,
        tables.WrongAnswer,
        customer_id=customer_id,
        contact_point_id=contact_point_id,
        verified=verified,
        entrance=entrance,
        at=now,
    )


def take_back(
    session: Session, customer_id: str, contact_point_id: int, entrance: str, since: datetime
) -> None:
    """Forget the wrong answers about a customer at an entrance of a contact point since a moment (UTC)."""
    row = tables.WrongAnswer
    session.execute(
        delete(row).where(
            row.customer_id == customer_id,
            row.contact_point_id == contact_point_id,
            row.entrance == entrance,
            row.at >= since,
        )
    )


def looked_at(session: Session, customer_id: str | None, contact_point_id: int | None, now: datetime) -> None:
    """Record that a person looked at the locks of a customer; without one, at those of a contact point."""
    row = tables.WrongAnswer
    whose = row.customer_id == customer_id if customer_id else row.contact_point_id == contact_point_id
    session.execute(update(row).where(whose, row.looked_at.is_(None)).values(looked_at=now))


def identified(session: Session, customer_id: str, contact_point_id: int, now: datetime) -> None:
    """Record that a customer identified at a contact point now (UTC)."""
    contact = tables.Contact
    session.execute(
        update(contact)
        .where(contact.customer_id == customer_id, contact.contact_point_id == contact_point_id)
        .values(identified_at=now)
    )


def _columns() -> list[Any]:
    row = tables.WrongAnswer
    return [row.customer_id, row.contact_point_id, row.verified, row.entrance, row.at, row.looked_at]


def _kept(
    customer_id: str | None,
    point_id: int,
    verified: bool,
    entrance: str,
    at: datetime,
    looked: datetime | None,
) -> KeptAnswer:
    return KeptAnswer(customer_id, point_id, verified, entrance, WrongAnswer(at, looked))
