"""A rep confirms a customer's number, as stated on the phone or in person, or says that it is another's now.

A number not confirmed for the policy's days may have been reassigned, and gets no account details until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.people import replacing
from handlers.people.phones import e164
from handlers.rights import DeskRefusal
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.people import contact_points, contacts, customers
from storage.people.contacts import Retirer

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.people.contact_points import ContactPoint


class NobodyOfThatId(DeskRefusal):
    """No customer has the id under which a rep confirms a number."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"no customer {customer_id!r} is registered: see kvitt accounts")


class NotTheirNumber(DeskRefusal):
    """The number a rep confirms is not one of the customer's contact points."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id!r} has no such number: import it, or have them text from it")


class NobodysNumber(DeskRefusal):
    """A number is said to be reassigned that no customer is reached at."""

    def __init__(self) -> None:
        super().__init__("no customer is reached at this number: nothing was changed")


class WhichNumber(DeskRefusal):
    """The customer has several numbers or none, and the rep names none to confirm."""

    def __init__(self, customer_id: str, count: int) -> None:
        sentence = (
            f"has {count} numbers: name the one that was confirmed" if count else "has no number on file"
        )
        super().__init__(f"customer {customer_id!r} {sentence}")


def confirm_number(context: Context, customer_id: str, phone: str, by: str) -> str:
    """Confirm that a number is still the customer's; returns it in E.164 form.

    ``phone`` in any spelling; empty if the customer has one only. Consent is not changed by it.

    Raises:
        rights.NotAllowed: the user may only look.
        NobodyOfThatId: the customer is not registered.
        handlers.people.register.BadPhone: the text is no phone number.
        NotTheirNumber: it is not one of the customer's numbers.
        WhichNumber: the customer has several numbers, or none.
    """
    by = rights.check(context.session, by, Right.WORK)
    customer = customers.find(context.session, customer_id)
    if customer is None:
        raise NobodyOfThatId(customer_id)
    numbers = _numbers(context.session, customer_id)
    number = e164(phone, customer.country) if phone else _only(customer_id, numbers)
    confirmed = [point for point in numbers if point.address == number]
    if not confirmed:
        raise NotTheirNumber(customer_id)
    for point in confirmed:
        lock_contact_point(context.session, point.id)
    lock_customers(context.session, answering_for(context.session, [customer_id]))
    for point in confirmed:
        contact_points.confirm(context.session, point.id, context.now)
        subject = f"contact_point:{point.id}"
        staff.write_down(
            context.session,
            AuditEntry(context.now, by, "number_confirmed", subject, {"customer": customer_id}),
        )
    escalations.close_key(
        context.session, f"number_unconfirmed:{customer_id}", by, "number_confirmed", context.now
    )
    reschedule(context, [customer_id])
    return number


def number_reassigned(context: Context, phone: str, by: str) -> list[str]:
    """Retire a number that the carrier, or a list of reassigned numbers, says is somebody else's now.

    ``phone`` in any spelling. Returns the ids of the customers who were reached there; a case asks for
    another number of each. An import that still names it does not bring it back.

    Raises:
        rights.NotAllowed: the user may only look.
        handlers.people.register.BadPhone: the text is no phone number.
        NobodysNumber: no customer is reached there.
    """
    by = rights.check(context.session, by, Right.WORK)
    number = e164(phone, context.creditor.country)
    points = contact_points.of_phone(context.session, number)
    for point_id in points:
        lock_contact_point(context.session, point_id)
    people = {one.id for point_id in points for one in customers.at_contact_point(context.session, point_id)}
    if not people:
        raise NobodysNumber
    lock_customers(context.session, answering_for(context.session, people))
    for customer_id in sorted(people):
        known = contacts.of_customer(context.session, customer_id)
        gone = [one for one in known if one.live and one.contact_point_id in points]
        replacing.retire(context, customer_id, gone, Retirer.CARRIER)
        case = Case(
            key=f"number_reassigned:{customer_id}",
            kind="number_reassigned",
            reason="a number of the customer was given to somebody else: ask for another one",
            deadline=context.answer_by(),
            severity=3,
            customer_id=customer_id,
        )
        escalations.open_case(context.session, case, context.now)
        entry = AuditEntry(context.now, by, "number_reassigned", f"customer:{customer_id}", {})
        staff.write_down(context.session, entry)
    reschedule(context, people)
    return sorted(people)


def _numbers(session: Session, customer_id: str) -> list[ContactPoint]:
    ids = contact_points.of_customers(session, [customer_id])[customer_id]
    points = [contact_points.get(session, one) for one in sorted(ids)]
    return [point for point in points if point.channel.by_phone]


def _only(customer_id: str, numbers: Collection[ContactPoint]) -> str:
    found = {point.address for point in numbers}
    if len(found) != 1:
        raise WhichNumber(customer_id, len(found))
    return found.pop()
