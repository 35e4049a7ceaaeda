"""What a message asks for where no question is open: answered, started, or asked back about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from billing.ledger.money import Money
from handlers.arrivals import ArrivalKind
from handlers.bills import obligations
from handlers.conversation import answers, conversations, intents, speaker
from handlers.conversation import several as several_wishes
from handlers.flows.doubt import DoubtOffer
from handlers.heard import DOUBTFUL, SURE
from handlers.turn_context import say

if TYPE_CHECKING:
    from handlers.turn_context import Reply, Turn
    from messages.understanding.understanding import Meaning


def stale_button(turn: Turn) -> Reply | None:
    """A button of a conversation that is over."""
    return say(Saying("talk.stale_button")) if turn.inbound.kind == ArrivalKind.BUTTON else None


def obligation(turn: Turn) -> Reply | None:
    """An answer to what a service was said to cost."""
    if not obligations.answers_them(turn):
        return None
    return conversations.grant(turn, "obligations", turn.identified)


def doubt(turn: Turn) -> Reply | None:
    """Ask back where two readings are nearly as likely and lead to different replies."""
    if turn.identified is None and speaker.names_a_relative(turn):
        return None  # whose bill it is comes before what about it
    if _needs_help_paying(turn):
        return None
    meaning = turn.heard.meaning
    doubted = DoubtOffer("stop", "change_plan") if meaning.intent == "cancel" else _in_doubt(meaning)
    if doubted is None:
        return None
    return conversations.go_on(
        turn, None, turn.context.installation.flows.start("doubt", doubted, turn.context.now)
    )


def several(turn: Turn) -> Reply | None:
    """Begin with the first of several wishes; the others are come to one after another."""
    wished = several_wishes.wishes_in(turn)
    if not wished:
        return None
    first, *rest = wished
    turn.agenda.add(rest)
    turn.agenda.several, turn.agenda.noted = True, "later.several"
    answering = replace(turn, said=first.said)
    intent = intents.more_precise(answering, first.wish)
    return conversations.granted(answering, intent, turn.identified)


def wish(turn: Turn) -> Reply:
    """Answer, start a conversation, or ask for identity first."""
    meaning = turn.heard.meaning
    intent = meaning.intent if meaning.score >= SURE else "none"
    if intent == "receipt" and turn.inbound.kind == ArrivalKind.MEDIA:
        intent = "already_paid"  # a receipt that is shown is none that is wished for
    if "already_paid" in meaning.also and intent in intents.PERSONAL:
        intent = "already_paid"  # the balance is said after the search for the payment
    if intent in _MAY_BE_PARTS and _offers_parts(turn):
        intent = "payment_plan"
    intent = intents.more_precise(turn, intent)
    known = turn.identified
    person = turn.person(known) if known else None
    sayings = [
        said
        for wish in meaning.also
        if wish != intent and wish in intents.DIGRESSIONS and (person or wish in intents.OPEN_TO_ALL)
        for said in intents.answer(turn, wish, person).sayings
    ]
    if _needs_help_paying(turn):
        intent = "pay"
        sayings.append(Saying("answers.help_with_cost"))  # who needs help paying may need help with the cost
    if intent in intents.OPEN_TO_ALL:
        return intents.answer(turn, intent, person).before(*sayings)
    reply = conversations.grant(turn, intent, known)
    return reply.after(*sayings) if intent in intents.STARTS else reply.before(*sayings)


def _needs_help_paying(turn: Turn) -> bool:
    """Whether somebody asks for help with paying: how to pay, and help with the cost, are both told."""
    if turn.heard.meaning.intent not in {"pay", "help"}:
        return False
    return turn.context.installation.reading.choice(turn.said, turn.language, ("help_paying",)) is not None


_MAY_BE_PARTS: Final = frozenset({"none", "pay", "promise", "payment_plan"})


def _offers_parts(turn: Turn) -> bool:
    """Whether a text without another intent offers instalments: "400 on the 25th, rest in May"."""
    anything = Money(10**9, answers.home_currency(turn))
    found = turn.context.installation.reading.parts(turn.said, turn.language, anything, turn.today())
    return found is not None and len(found) > 1


def _in_doubt(meaning: Meaning) -> DoubtOffer | None:
    """The question between two readings of similar score that lead to different replies; None otherwise."""
    likely = (meaning.intent, meaning.second)
    unsure = bool(meaning.second) and meaning.score < DOUBTFUL and intents.OFFERABLE.issuperset(likely)
    flows = {intents.STARTS[one].flow if one in intents.STARTS else one for one in likely}
    return DoubtOffer(*likely) if unsure and len(flows) > 1 else None
