"""Enrolment: a new customer registers by chat, and a person checks the entry afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.channels import TO_ANY_PHONE
from billing.accounts.identity import Entrance
from billing.facts import Saying
from handlers.bills import obligations
from handlers.conversation import details
from handlers.desk.handover import case_about
from handlers.dunning.reschedule import reschedule
from handlers.people import register
from handlers.people.identity import AtEntrance, at_entrance
from handlers.people.register import Consent, CustomerRow
from handlers.registered import WasErased
from handlers.turn_context import Reply, say
from messages.understanding.spelling import fold
from storage.bills import acceptances
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.outcomes import Enrol
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

TERMS: Final = "enrolment.terms"
BASIS: Final = "enrolled by text and accepted the terms"


def enrol(turn: Turn, customer: Customer | None, given: Enrol) -> Reply:
    """Register a customer who accepted the terms, and store the terms exactly as they were shown.

    The stored text is the proof of what was accepted: the wording of the product may change later. Whether
    the number is a customer's already, or locked, makes no difference to what is said. Somebody whom the
    identity check does not admit beside the customers there is registered but not linked, and a person looks.
    A number that was typed in is asked before it is linked.
    """
    if customer and _same_person(customer, given):
        return say(Saying("enrolment.known"))
    customer_id, alike = f"T-{turn.inbound.id}", _alike(turn, given)
    linked = _admitted(turn, customer, given)
    try:
        register.add_customer(turn.context, _row(turn, customer_id, given, linked=linked))
    except WasErased as refusal:
        return _left_to_a_person(turn, refusal)
    if linked and not _reached_by_number(turn):
        register.bind_chat(turn.context, customer_id, turn.point.id, BASIS)
    shown = turn.context.installation.words.say(TERMS, turn.language, {})
    acceptances.save_acceptance(
        turn.context.session, customer_id, turn.point.id, "terms", shown, turn.language, turn.context.now
    )
    if given.stated:
        obligations.record_acceptance(turn, customer_id, given.stated)
    _have_checked(turn, customer_id, given, alike, linked=linked)
    if not turn.point.channel.by_phone:
        details.ask_claimed_number(turn, customer_id, given.phone)
    entry = AuditEntry(turn.context.now, "customer", "enrolled", f"customer:{customer_id}", {})
    staff.write_down(turn.context.session, entry)
    reschedule(turn.context, [customer_id])
    return say(Saying("enrolment.done", {"number": customer_id}))


def _left_to_a_person(turn: Turn, refusal: WasErased) -> Reply:
    """Somebody who was erased wants to be a customer again: whether they are, no text tells."""
    by = turn.context.answer_by()
    case = case_about(turn, "erased", f"who wants to enrol was erased: {refusal}", 2, by)
    escalations.open_case(turn.context.session, case, turn.context.now)
    return say(Saying("person.coming", {"hours": turn.context.creditor.hours_in(turn.language)}))


def _same_person(customer: Customer, given: Enrol) -> bool:
    return customer.birth_date == given.birth_date and fold(customer.name) == fold(given.name)


def _alike(turn: Turn, given: Enrol) -> list[str]:
    """The customers reached here, or at this phone number, who have the birth date that was given."""
    found = [*turn.people, *_at_same_phone(turn)]
    return sorted({one.id for one in found if one.birth_date == given.birth_date})


def _admitted(turn: Turn, customer: Customer | None, given: Enrol) -> bool:
    """Whether who enrols may be reached here, and at this phone number, beside whoever is."""
    others = [one for one in turn.people if customer is None or one.id != customer.id]
    here = AtEntrance(turn.context, turn.reads.identity(), Entrance.ENROLMENT)
    if not here.admits(others, given.birth_date):
        return False
    apart = [one for one in _at_same_phone(turn) if one.id not in {known.id for known in turn.people}]
    phone = contact_points.find(turn.context.session, TO_ANY_PHONE, turn.point.address) if apart else None
    if phone is None:
        return True
    return at_entrance(turn.context, Entrance.ENROLMENT, phone.id).admits(apart, given.birth_date)


def _at_same_phone(turn: Turn) -> list[Customer]:
    """The customers whom the phone number reaches that writes here by another channel."""
    if not turn.point.channel.by_phone or _reached_by_number(turn):
        return []
    return customers.at_address(turn.context.session, TO_ANY_PHONE, turn.point.address)


def _row(turn: Turn, customer_id: str, given: Enrol, *, linked: bool) -> CustomerRow:
    # Only the number that writes is known to be theirs.
    owned = linked and turn.point.channel.by_phone
    # Consent is given for the channel that was written on, and for no other.
    agreed = (
        (Consent(turn.point.channel, turn.today(), BASIS),) if linked and _reached_by_number(turn) else ()
    )
    return CustomerRow(
        id=customer_id,
        name=given.name,
        birth_date=given.birth_date,
        phone=turn.point.address if owned else "",
        language=turn.language,
        country=turn.context.creditor.country,
        address=given.address,
        note="enrolled by text, not checked yet",
        consents=agreed,
        concerns={"needs": given.needs} if given.needs else {},
    )


def _reached_by_number(turn: Turn) -> bool:
    """Whether the phone number alone, once registered, leads to this contact point."""
    return turn.point.channel.by_phone and turn.point.channel.capabilities.reaches_all


def _have_checked(turn: Turn, customer_id: str, given: Enrol, alike: Sequence[str], *, linked: bool) -> None:
    """Open a case to check for a duplicate, the coverage, and needs such as an interpreter."""
    facts = {
        "payer": given.payer,
        "member_id": given.member_id,
        "needs": given.needs,
        "phone": given.phone,
        "perhaps": ", ".join(alike),
    }
    detail = {name: value for name, value in facts.items() if value}
    by = turn.context.answer_by()
    customer = customers.find(turn.context.session, customer_id)
    why = "a new customer enrolled by text: check who it is, the coverage and what they need"
    if not linked:
        why = (
            "who enrolled could not be told from whoever is reached there, and is not linked: check who it is"
        )
    if alike:
        why = "who enrolled has the birth date of a customer there, and is not linked: check who it is"
    case = case_about(turn, "enrol", why, 3, by, detail, customer)
    escalations.open_case(turn.context.session, case, turn.context.now)
