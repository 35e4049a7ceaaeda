"""A call, a visit or a letter is logged: what the customer said counts as if they had texted it.

The readings are those of a turn (`handlers/conversation/first_readings.py`): a stop is a stop, a death a
hold, a promise a promise. Nothing is replied: a person talks with them already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import TO_ANY_PHONE
from billing.accounts.holds import Hold
from billing.accounts.roles import Right
from billing.facts import Saying
from billing.outcomes import MakePromise
from handlers import rights, snapshot
from handlers.arrivals import ArrivalKind
from handlers.conversation import agreements, first_readings, offers
from handlers.desk import handover
from handlers.dunning.reschedule import reschedule
from handlers.heard import DOUBTFUL, hear
from handlers.people import consent, noting
from handlers.registered import registered
from handlers.talk.conversation import Done
from handlers.talk.questions import Answer
from handlers.turn_context import Turn
from handlers.turn_reads import TurnReads
from storage.conversation import conversations, turn_facts
from storage.conversation.inbox import Inbound
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import case_details, escalations
from storage.desk.escalations import Case
from storage.desk.notes import Note
from storage.dunning import holds
from storage.people import contact_points, contacts, customers

if TYPE_CHECKING:
    from billing.accounts.holds import HoldKind
    from handlers.context import Context
    from storage.desk.notes import NoteKind
    from storage.people.customers import Customer

STOP: Final = "stop"
PROMISE: Final = "promise"
PAID: Final = "already_paid"
_SITTING: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LoggedWords:
    """What became of what a customer said: ``acted`` names it, ``open`` says what is left to a person."""

    note_id: int
    acted: tuple[str, ...]
    open: tuple[str, ...] = ()


def log(context: Context, customer_id: str, kind: NoteKind, text: str, by: str) -> LoggedWords:
    """Log what a customer said, in their words, and act on it as on a text; nobody is replied to.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownCustomer, WasErased: nobody of this id is registered.
        noting.NothingToNote: the text is empty or too long.
    """
    by = rights.check(context.session, by, Right.WORK)
    customer = registered(context.session, customer_id, "customer")
    words = noting.masked(context, text)
    turn = _turn(context, customer, words)
    acted, left = (
        _act(turn, customer, words, kind.value) if turn else _without_a_way(context, customer, words)
    )
    note = Note(customer_id, kind, context.now, by, words, acted)
    return LoggedWords(noting.save_note(context, note), acted, left)


def _turn(context: Context, customer: Customer, words: str) -> Turn | None:
    """The words as a message of the customer, whom the rep knows; None for who can be reached nowhere."""
    session = context.session
    live = [one for one in contacts.of_customer(session, customer.id) if one.live]
    best = next((one for one in live if one.channel.by_phone), live[0] if live else None)
    if best is None:
        return None
    lock_contact_point(session, best.contact_point_id)
    people = customers.lock_at_contact_point(session, best.contact_point_id)
    kept, now = contact_points.get(session, best.contact_point_id), context.now
    # Only here and now: nobody is identified in the chat by what was said on the phone.
    point = replace(
        kept, identified_id=customer.id, identified_until=now + _SITTING, not_the_customer_at=None
    )
    since = snapshot.remembered_since(context.policy, now)
    known = turn_facts.about(session, point.id, 0, [one.id for one in people], since, now)
    inbound = Inbound(
        0, point.channel, point.id, ArrivalKind.TEXT.value, words, "", "", now, "waiting", 0, ""
    )
    heard = hear(inbound, point.channel, customer.language)
    return Turn(context, point, tuple(people), inbound, heard, TurnReads(context, kept, known), words)


def _act(turn: Turn, customer: Customer, words: str, how: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    meaning = turn.heard.meaning
    said = {meaning.intent, *meaning.also} if meaning.score >= DOUBTFUL else set()
    acted: list[str] = []
    if first_readings.stops(turn):
        _stop(turn.context, customer, how)
        conversations.close(turn.context.session, turn.point.id, "left")
        acted.append(STOP)
    kinds = first_readings.graves(turn)
    if kinds:
        handover.hold_for(turn, kinds)
        for kind in kinds:
            case_details.add(turn.context.session, f"{kind.value}:{turn.point.id}", {"words": words})
        return (*acted, *(kind.value for kind in kinds)), ()
    if PAID in said:
        handover.pause_for_payment(turn)
        case_details.add(turn.context.session, f"{PAID}:{turn.point.id}", {"words": words})
        acted.append(PAID)
    if said & {PROMISE, "extension"} and PAID not in said:
        left = _promise(turn, customer, words)
        return (tuple(acted), (left,)) if left else ((*acted, PROMISE), ())
    return tuple(acted), ()


def _stop(context: Context, customer: Customer, how: str) -> None:
    consent.stop_customer(context, customer.id, how)
    reschedule(context, [customer.id])


def _promise(turn: Turn, customer: Customer, words: str) -> str:
    """Take a promise that names its day; returns why none was taken, empty where one was."""
    if handover.asks_person_to_pay(turn):
        return "no promise was taken: a dispute, a death or a lawyer was named, so a person decides"
    offer = offers.promise(turn, turn.person(customer))
    if isinstance(offer, Saying):
        return f"no promise was taken: {_in_words(turn, offer)}"
    flows, now = turn.context.installation.flows, turn.context.now
    answer = Answer(words, turn.language, turn.today(), now)
    begun = flows.start("promise", offer, now)
    if isinstance(begun, Done):
        return "no promise was taken"
    step = flows.answered_first(begun, answer, now, outright=False, throughout=True)
    if isinstance(step, Done) or step.open.asked != "verdict":
        asked = () if isinstance(step, Done) else step.said[-1:]
        return " ".join(["no promise was taken:", *(_in_words(turn, one) for one in asked)])
    yes = replace(answer, text=turn.context.installation.reading.label("yes", turn.language))
    ended = flows.hear(step.open, yes, now)
    if not isinstance(ended, Done) or not isinstance(ended.outcome, MakePromise):
        return "no promise was taken: it could not be read"
    agreements.promise(turn, customer, ended.outcome)
    return ""


def _in_words(turn: Turn, saying: Saying) -> str:
    """What the chat would have answered, in the language of the staff."""
    words = turn.context.installation.words.say(saying.key, turn.context.creditor.language, saying.facts)
    return " ".join(words.split())


def _without_a_way(
    context: Context, customer: Customer, words: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same for somebody without any contact point: stops and holds; a promise takes a person."""
    lock_customers(context.session, [customer.id])
    said = Inbound(0, TO_ANY_PHONE, 0, ArrivalKind.TEXT.value, words, "", "", context.now, "waiting", 0, "")
    heard = hear(said, TO_ANY_PHONE, customer.language)
    acted = []
    if first_readings.stop_in(heard):
        _stop(context, customer, "logged")
        acted.append(STOP)
    kinds = first_readings.graves_in(heard)
    for kind in kinds:
        _hold(context, customer, kind, words)
        acted.append(kind.value)
    if kinds:
        reschedule(context, [customer.id])
    return tuple(acted), ()


def _hold(context: Context, customer: Customer, kind: HoldKind, words: str) -> None:
    hold = Hold(kind, f"said so on {context.now.date().isoformat()}")
    holds.place(context.session, customer.id, hold, "customer", context.now)
    consent.withdraw_queued(context, [customer.id], kind.value)
    case = Case(
        key=f"{kind.value}:{customer.id}",
        kind=kind.value,
        reason=kind.traits.case,
        deadline=context.answer_by(kind.traits.severity),
        severity=kind.traits.severity,
        customer_id=customer.id,
        detail={"words": words},
    )
    escalations.open_case(context.session, case, context.now)
