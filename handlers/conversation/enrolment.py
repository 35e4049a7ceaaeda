"""Enrolment: a new customer registers by chat, and a person checks the entry afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.identity import Entrance, IdentityDecision
from billing.facts import Saying
from handlers.bills import obligations
from handlers.desk.handover import case_about
from handlers.dunning.reschedule import reschedule
from handlers.people import register
from handlers.people.identity import AtEntrance
from handlers.people.register import Consent, CustomerRow
from handlers.turn_context import Reply, say
from messages.understanding.spelling import fold
from storage.bills import acceptances
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.people import customers

if TYPE_CHECKING:
    from billing.outcomes import Enrol
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

TERMS: Final = "enrolment.terms"
BASIS: Final = "enrolled by text and accepted the terms"


def enrol(turn: Turn, customer: Customer | None, given: Enrol) -> Reply:  # noqa: ARG001
    """Register a customer who accepted the terms, and store the terms exactly as they were shown.

    The stored text is the proof of what was accepted: the wording of the product may change later.
    """
    if (answer := _known(turn, given)) is not None:
        return answer
    customer_id = f"T-{turn.inbound.id}"
    register.add_customer(turn.context, _row(turn, customer_id, given))
    if not _reached_by_number(turn):
        register.bind_chat(turn.context, customer_id, turn.point.id, BASIS)
    shown = turn.context.installation.words.say(TERMS, turn.language, {})
    acceptances.save_acceptance(
        turn.context.session, customer_id, turn.point.id, "terms", shown, turn.language, turn.context.now
    )
    if given.stated:
        obligations.record_acceptance(turn, customer_id, given.stated)
    _have_checked(turn, customer_id, given)
    entry = AuditEntry(turn.context.now, "customer", "enrolled", f"customer:{customer_id}", {})
    staff.write_down(turn.context.session, entry)
    reschedule(turn.context, [customer_id])
    return say(Saying("enrolment.done", {"number": customer_id}))


def _known(turn: Turn, given: Enrol) -> Reply | None:
    """The reply to somebody who registers under the name of a customer who is linked to this contact point.

    Whether the birth date is right is told to nobody who may not be taken for that customer, and a wrong one
    counts like one in the chat: otherwise dates could be tried here. None for any other name.
    """
    namesakes = [one for one in turn.people if fold(one.name) == fold(given.name)]
    if not namesakes:
        return None
    here = AtEntrance(turn.context, turn.reads.identity(), Entrance.ENROLMENT)
    asked = here.before_asking(namesakes)
    if asked is not IdentityDecision.OPEN:
        return say(Saying("identity.locked" if asked is IdentityDecision.LOCKED else "identity.person_first"))
    if any(one.birth_date == given.birth_date for one in namesakes):
        return say(Saying("enrolment.known"))
    return say(Saying("identity.locked")) if here.wrong(namesakes) else None


def _row(turn: Turn, customer_id: str, given: Enrol) -> CustomerRow:
    return CustomerRow(
        id=customer_id,
        name=given.name,
        birth_date=given.birth_date,
        phone=given.phone,
        language=turn.language,
        country=turn.context.creditor.country,
        address=given.address,
        note="enrolled by text, not checked yet",
        # Consent is given for the channel that was written on, and for no other.
        consents=(Consent(turn.point.channel, turn.today(), BASIS),) if _reached_by_number(turn) else (),
        concerns={"needs": given.needs} if given.needs else {},
    )


def _reached_by_number(turn: Turn) -> bool:
    """Whether the phone number alone, once registered, leads to this contact point."""
    return turn.point.channel.by_phone and turn.point.channel.capabilities.reaches_all


def _have_checked(turn: Turn, customer_id: str, given: Enrol) -> None:
    """Open a case to check for a duplicate, the coverage, and needs such as an interpreter."""
    facts = {"payer": given.payer, "member_id": given.member_id, "needs": given.needs}
    detail = {name: value for name, value in facts.items() if value}
    by = turn.context.answer_by()
    customer = customers.find(turn.context.session, customer_id)
    why = "a new customer enrolled by text: check who it is, the coverage and what they need"
    case = case_about(turn, "enrol", why, 3, by, detail, customer)
    escalations.open_case(turn.context.session, case, turn.context.now)
