"""What a message asks for where no question is open: answered, started, or asked back about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from billing.ledger.money import Money
from handlers.arrivals import ArrivalKind
from handlers.bills import obligations
from handlers.conversation import conversations, currencies, intents, running_plans, speaker
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
    if (meant := _known_from_plan(turn, meaning)) is not None:
        return conversations.grant(turn, meant, turn.identified)
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
    if intent in _ABOUT_A_PLAN and _asks_of_plan(turn):
        intent = "due_date"
    elif intent in _MAY_BE_PARTS and (_offers_parts(turn) or _says_how_often(turn)):
        intent = "payment_plan"
    elif intent in _MAY_BE_A_DAY or (meaning.second == "promise" and meaning.score < DOUBTFUL):
        intent = _by_the_terms(turn) or intent
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


def _known_from_plan(turn: Turn, meaning: Meaning) -> str | None:
    """Which of two likely readings is meant, where a running plan shows that: to change it, or when."""
    likely = {meaning.intent, meaning.second}
    if "change_plan" not in likely or turn.identified is None or meaning.score >= DOUBTFUL:
        return None
    if not running_plans.on_time(turn, turn.person(turn.identified)):
        return None
    reading, text, language = turn.context.installation.reading, turn.said, turn.language
    if "due_date" in likely and reading.asks(text, language):
        return "due_date"
    named = likely <= {"change_plan", "extension", "promise", "payment_plan"}
    return "change_plan" if named or reading.choice(text, language, ("pause",)) else None


_MAY_BE_PARTS: Final = frozenset({"none", "pay", "promise", "extension", "payment_plan"})
_ABOUT_A_PLAN: Final = frozenset({"none", "payment_plan", "change_plan"})


def _asks_of_plan(turn: Turn) -> bool:
    """Whether somebody with a running plan asks when or how much: "when is the next one"."""
    person = turn.person(turn.identified) if turn.identified else None
    asks = turn.context.installation.reading.asks(turn.said, turn.language)
    return asks and person is not None and running_plans.on_time(turn, person)


def _says_how_often(turn: Turn) -> bool:
    """Whether a text names an amount and how often it is paid: "when my pension comes, 100 a month"."""
    reading, text, language = turn.context.installation.reading, turn.said, turn.language
    if not reading.frequency(text, language) or reading.asks(text, language):
        return False
    return reading.amount(text, language, currencies.home_currency(turn)) is not None


def _offers_parts(turn: Turn) -> bool:
    """Whether a text without another intent offers instalments: "400 on the 25th, rest in May"."""
    anything = Money(10**9, currencies.home_currency(turn))
    found = turn.context.installation.reading.parts(turn.said, turn.language, anything, turn.today())
    return found is not None and len(found) > 1


_MAY_BE_A_DAY: Final = frozenset({"none", "pay"})
_SENTENCE: Final = 3
"""Fewer words than this are no wish of their own."""


def _by_the_terms(turn: Turn) -> str:
    """The wish of a text that names terms and is not understood otherwise; empty if it names none.

    With a running plan that is another amount for it: "can I pay 150 instead of 200". Else an amount and a
    day are a promise to pay: "can I pay 200 on Friday".
    """
    reading, language, text = turn.context.installation.reading, turn.language, turn.said
    if len(text.split()) < _SENTENCE or reading.asks(text, language):
        return ""
    person = turn.person(turn.identified) if turn.identified else None
    currency = currencies.currency_of(turn, person) if person else currencies.home_currency(turn)
    amount = reading.amount(text, language, currency)
    if person and running_plans.on_time(turn, person):
        intent = turn.heard.meaning.intent
        return "change_plan" if amount and (intent != "pay" or reading.contrasts(text, language)) else ""
    return "promise" if amount and reading.day(text, language, turn.today(person)) else ""


def _in_doubt(meaning: Meaning) -> DoubtOffer | None:
    """The question between two readings of similar score that lead to different replies; None otherwise."""
    likely = (meaning.intent, meaning.second)
    unsure = bool(meaning.second) and meaning.score < DOUBTFUL and intents.OFFERABLE.issuperset(likely)
    flows = {intents.STARTS[one].flow if one in intents.STARTS else one for one in likely}
    return DoubtOffer(*likely) if unsure and len(flows) > 1 else None
