"""Changes to contact details: number, contact hours, language, and the way bills are sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import TO_ANY_PHONE
from billing.accounts.concerns import Concern
from billing.accounts.identity import Entrance
from billing.dunning.quiet_hours import meets, widest
from billing.facts import Saying
from billing.gate import Purpose
from billing.outcomes import ChangeDetail, KeepNumber
from handlers import rendering
from handlers.conversation import identify
from handlers.desk.handover import case_about
from handlers.dunning.reschedule import reschedule
from handlers.people import register, replacing, unreachable
from handlers.people.identity import at_entrance
from handlers.people.phones import zones_of_phone
from handlers.turn_context import Reply, say
from storage.bills import bill_sendings
from storage.delivery import drafts
from storage.desk import case_details, escalations, staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, contacts, customers, verifications
from storage.people.contacts import Retirer

if TYPE_CHECKING:
    from datetime import time

    from billing.facts import Facts
    from billing.outcomes import ChooseBillWay, ConfirmDetails, ReplaceNumber, SetHours, SetLanguage
    from handlers.turn_context import Turn
    from storage.people.customers import Customer
    from storage.people.verifications import Verification

CONFIRM_WITHIN: Final = timedelta(hours=24)
"""How long a new number may take to confirm; afterwards the question is void."""


def confirm_details(turn: Turn, customer: Customer, outcome: ConfirmDetails) -> Reply:  # noqa: ARG001
    """Record that the details on file were confirmed today."""
    contact_points.confirm(turn.context.session, turn.point.id, turn.context.now)
    _write_down(turn, "details_confirmed", customer)
    return say(Saying("contact_details.confirmed"))


def change_detail(turn: Turn, customer: Customer, change: ChangeDetail) -> Reply:
    """Ask a new number to confirm itself, or open a case for a person to change the register.

    Only a customer who also gave the postal code may redirect messages to another number by chat: a birth
    date alone is known to too many.
    """
    proved = turn.point.proved(turn.context.now)
    if change.what == "phone" and proved and not _asked_for_another(turn, customer, change.value):
        return _ask_there(turn, customer, change.value)
    by = turn.context.answer_by()
    why = f"the customer gave a new {change.what}: check it and change the register"
    case = case_about(turn, "contact_details", why, 3, by)
    escalations.open_case(turn.context.session, case, turn.context.now)
    case_details.add(turn.context.session, case.key, {change.what: change.value})
    return say(Saying("contact_details.noted"))


def keep_number(turn: Turn, customer: Customer, outcome: KeepNumber) -> Reply:
    """Use a customer's number again that messages failed to reach: the customer confirms this detail."""
    contact_points.set_unreachable(turn.context.session, outcome.contact_point_id, None)
    _write_down(turn, "number_kept", customer)
    unreachable.reachable_again(turn.context, [customer.id])
    return say(Saying("contact_details.number_kept"))


def replace_number(turn: Turn, customer: Customer, outcome: ReplaceNumber) -> Reply:
    """Unlink a number that is no longer the customer's; a new one is confirmed like any other."""
    if outcome.number == contact_points.get(turn.context.session, outcome.contact_point_id).address:
        return keep_number(turn, customer, KeepNumber(outcome.contact_point_id))
    known = contacts.of_customer(turn.context.session, customer.id)
    given_up = [one for one in known if one.contact_point_id == outcome.contact_point_id]
    replacing.retire(turn.context, customer.id, given_up, Retirer.CUSTOMER)
    _write_down(turn, "number_removed", customer)
    reschedule(turn.context, [customer.id])
    if outcome.number:
        return change_detail(turn, customer, ChangeDetail("phone", outcome.number))
    return say(Saying("contact_details.number_dropped"))


def hours(turn: Turn, customer: Customer, wanted: SetHours) -> Reply:
    """Save a customer's contact hours (local), one of their details; the policy's window still applies.

    Hours that never meet the policy's window are refused: no message could ever leave.
    """
    window = turn.context.policy.window
    if not meets(window, (wanted.begins, wanted.ends)):
        return say(Saying("contact_details.hours_never", _hours(*widest(window))))
    customers.prefer_hours(turn.context.session, customer.id, wanted.begins, wanted.ends)
    _write_down(turn, "hours_set", customer)
    reschedule(turn.context, [customer.id])
    return say(Saying("contact_details.hours_set", _hours(wanted.begins, wanted.ends)))


def _hours(begins: time, ends: time) -> Facts:
    return {"begins": begins.strftime("%H:%M"), "ends": ends.strftime("%H:%M")}


def bill_way(turn: Turn, customer: Customer, wanted: ChooseBillWay) -> Reply:
    """Save the channel for a customer's next bills; another one is used where it cannot be reached."""
    bill_sendings.choose_way(turn.context.session, customer.id, wanted.way, turn.context.now)
    _write_down(turn, "bill_way", customer)
    paper, mail = wanted.way.on_paper, wanted.way.by_email
    return say(Saying("bill_way.letter" if paper else "bill_way.email" if mail else "bill_way.link"))


def language(turn: Turn, customer: Customer | None, wanted: SetLanguage) -> Reply:
    """Set the language of this contact point, and of an identified customer, starting with this reply."""
    contact_points.set_language(turn.context.session, turn.point.id, wanted.language)
    if customer:
        customers.speak(turn.context.session, customer.id, wanted.language)
    return Reply((Saying("language.set"),), language=wanted.language)


def answer_verification(turn: Turn, asked: Verification, *, mine: bool) -> Reply:
    """Close the question to a new number: it replaces the customer's, or a case opens if it is not theirs."""
    verifications.close_verification(
        turn.context.session, turn.point.id, "confirmed" if mine else "declined", turn.context.now
    )
    customer = customers.find(turn.context.session, asked.customer_id)
    assert customer is not None
    if not mine:
        why = "a number that the customer gave says it is not theirs: ask them again"
        by = turn.context.answer_by()
        case = case_about(turn, "number_declined", why, 3, by, {}, customer)
        escalations.open_case(turn.context.session, case, turn.context.now)
        return say(Saying("stop_states.wrong_number"))
    if not _admitted(turn, customer, asked):
        return _checked_first(turn, customer)
    register.bind_chat(turn.context, customer.id, turn.point.id, "confirmed the number by text")
    _retire_others(turn, customer)
    _write_down(turn, "number_confirmed", customer)
    _notify_old_number(turn, customer, asked)
    unreachable.reachable_again(turn.context, [customer.id])
    return say(Saying("contact_details.number_confirmed"))


def ask_claimed_number(turn: Turn, customer_id: str, number: str) -> None:
    """Ask a number that an enrolling customer typed in whether it is theirs: only its yes links it.

    A question that waits there for its answer is left alone: others must not be able to make it void.
    """
    customer = customers.find(turn.context.session, customer_id)
    if customer and _asked_there(turn, number) is None:
        _ask_there(turn, customer, number)


def _asked_there(turn: Turn, number: str) -> Verification | None:
    """The question that waits for its answer at a number."""
    point = contact_points.find(turn.context.session, TO_ANY_PHONE, number)
    return verifications.open_at(turn.context.session, point.id, turn.context.now) if point else None


def _asked_for_another(turn: Turn, customer: Customer, number: str) -> bool:
    """Whether a number is being asked whether it is somebody else's: its yes must not become this one's."""
    asked = _asked_there(turn, number)
    return asked is not None and asked.customer_id != customer.id


def _admitted(turn: Turn, customer: Customer, asked: Verification) -> bool:
    """Whether a customer may be reached here, beside whoever is, as they asked."""
    here = identify.at(turn, Entrance.NEW_NUMBER)
    if here.known.not_the_customer or not _still_theirs(turn, customer, asked):
        return False
    if customer.id in {one.id for one in turn.people}:
        return True
    return here.admits(turn.people, customer.birth_date)


def _still_theirs(turn: Turn, customer: Customer, asked: Verification) -> bool:
    """Whether the chat that gave the number is still the customer's: neither retired nor somebody else's.

    Otherwise a yes would undo what the register, or a newer number, has replaced since.
    """
    if asked.asked_from_id is None:
        return True
    known = contacts.of_customer(turn.context.session, customer.id)
    retired = any(one.contact_point_id == asked.asked_from_id and not one.live for one in known)
    there = at_entrance(turn.context, Entrance.NEW_NUMBER, asked.asked_from_id)
    return not (retired or there.known.not_the_customer)


def _checked_first(turn: Turn, customer: Customer) -> Reply:
    """A yes of a number that is not admitted: a person looks before it is linked."""
    why = "a number that said yes is not linked, as it or who gave it may be somebody else's: check who it is"
    by = turn.context.now + timedelta(hours=turn.context.policy.talk.person_within_hours)
    case = case_about(turn, "number_shared", why, 3, by, {}, customer)
    escalations.open_case(turn.context.session, case, turn.context.now)
    return say(Saying("contact_details.number_confirmed"))


def _retire_others(turn: Turn, customer: Customer) -> None:
    """Retire the phone numbers that the confirmed one replaces: from now on others may have them."""
    others = replacing.others_by_phone(turn.context, customer.id, turn.point.address)
    replacing.retire(turn.context, customer.id, others, Retirer.CUSTOMER)


def _ask_there(turn: Turn, customer: Customer, number: str) -> Reply:
    zones = zones_of_phone(number)
    point_id = contact_points.at(
        turn.context.session, TO_ANY_PHONE, number, zones, turn.point.language, turn.context.now
    )
    if point_id == turn.point.id:
        return say(Saying("contact_details.confirmed"))
    until = turn.context.now + CONFIRM_WITHIN
    asked = verifications.ask(
        turn.context.session, customer.id, point_id, turn.point.id, until, turn.context.now
    )
    _send(turn, point_id, f"verification:{asked}", Saying("contact_details.is_it_yours"))
    _write_down(turn, "number_given", customer)
    return say(Saying("contact_details.asked_there"))


def _notify_old_number(turn: Turn, customer: Customer, asked: Verification) -> None:
    """Notify the contact point that asked that another number took effect, unless it is flagged unsafe.

    An impostor may have asked for the change; the customer must be able to notice it.
    """
    unsafe = Concern.UNSAFE_NUMBER in customers.concerns_of(turn.context.session, [customer.id]).get(
        customer.id, ()
    )
    if asked.asked_from_id and not unsafe:
        said = Saying("contact_details.added_elsewhere")
        _send(turn, asked.asked_from_id, f"verification:{asked.id}:told", said)


def _send(turn: Turn, contact_point_id: int, key: str, saying: Saying) -> None:
    point = contact_points.get(turn.context.session, contact_point_id)
    draft = rendering.draft(
        turn.context.installation,
        point,
        key,
        Purpose.VERIFICATION,
        (saying,),
        turn.context.now,
        CONFIRM_WITHIN,
    )
    drafts.queue(turn.context.session, draft, turn.context.now)


def _write_down(turn: Turn, action: str, customer: Customer) -> None:
    staff.write_down(
        turn.context.session, AuditEntry(turn.context.now, "customer", action, f"customer:{customer.id}", {})
    )
