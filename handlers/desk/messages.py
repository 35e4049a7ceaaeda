"""What a customer wrote and what was written to them, for the desk to read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from storage.delivery import threads
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.delivery.threads import WrittenText
    from storage.desk.escalations import Escalation

MOST: Final = 50
"""Texts that are shown of one case."""
_BEFORE: Final = timedelta(minutes=10)
"""How long before a case was opened its conversation may have begun."""


class NoSuchCustomer(Refusal):
    """No customer has this id."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"no customer {customer_id!r} is registered: see kvitt accounts")


def of_customer(session: Session, customer_id: str, limit: int) -> list[WrittenText]:
    """The newest texts from and to a customer, at all their contact points, the oldest first.

    Raises:
        NoSuchCustomer: no customer has this id.
    """
    if customers.find(session, customer_id) is None:
        raise NoSuchCustomer(customer_id)
    points = contact_points.of_customers(session, [customer_id])[customer_id]
    return threads.between(session, customer_id, points, None, None, limit)


def of_case(session: Session, case: Escalation) -> list[WrittenText]:
    """The texts of a case, since it was opened: at its contact point, or else those of its customer."""
    since, until = case.opened_at - _BEFORE, case.closed_at
    if case.contact_point_id is not None:
        return threads.between(session, None, [case.contact_point_id], since, until, MOST)
    if case.customer_id is None:
        return []
    points = contact_points.of_customers(session, [case.customer_id])[case.customer_id]
    return threads.between(session, case.customer_id, points, since, until, MOST)
