"""What each intent of a customer leads to: a reply in one turn, or a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from handlers.aid import applications
from handlers.bills import obligations
from handlers.conversation import answers, offers, telling
from handlers.desk import handover
from handlers.flows.language import LanguageOffer
from handlers.flows.legal import LegalOffer
from handlers.flows.report import ReportOffer
from handlers.flows.representative import RepresentativeOffer
from handlers.payers import estimating
from handlers.turn_context import SILENCE, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.conversation.offers import Offer
    from handlers.turn_context import Reply, Turn


@dataclass(frozen=True, slots=True)
class Start:
    """A conversation that an intent starts, and what it may offer according to the person's accounts."""

    flow: str
    offer: Callable[[Turn, PersonSnapshot], Offer | Saying]
    answered: bool = False
    """Whether the text of the intent may answer the first question: "can I pay 50 a month?"."""
    throughout: bool = False
    """Whether it may answer the questions after that as well: "200 on Friday"."""
    outright: bool = False
    """Whether that answer may finish the conversation: nothing is agreed that must be confirmed."""


@dataclass(frozen=True, slots=True)
class OpenStart:
    """A conversation that needs no identity: it discloses nothing."""

    flow: str
    offer: Callable[[Turn, PersonSnapshot | None], Offer]


def _estimate(about: str) -> Start:
    """An estimate for this person, whose coverage it takes into account."""
    wish = f"my_{about}"
    return Start("estimate", lambda turn, person: estimating.offer(turn, person, about, wish))


def _report(kind: str) -> OpenStart:
    return OpenStart("report", lambda _, __: ReportOffer(kind))


STARTS: Final[Mapping[str, Start | OpenStart]] = {
    "payment_plan": Start("payment_plan", offers.payment_plan, answered=True),
    "new_plan": Start("payment_plan", offers.changed_plan, answered=True),
    "change_plan": Start("change_plan", offers.running_plan, answered=True),
    "promise": Start("promise", offers.promise, answered=True, throughout=True),
    "extension": Start("promise", offers.extension, answered=True, throughout=True),
    "contact_details": Start("contact_details", offers.contact_details),
    "explain_bill": Start("explain_bill", offers.explain_bill, answered=True, outright=True),
    "receipt": Start("receipt", offers.receipt),
    "already_paid": Start("already_paid", offers.already_paid),
    "dispute": OpenStart("dispute", offers.dispute),
    "hardship": OpenStart("hardship", offers.hardship),
    "legal": OpenStart("legal", lambda _, __: LegalOffer()),
    "refund": _report("refund"),
    "complaint": _report("complaint"),
    "estimate": _report("estimate"),
    "my_cost": _estimate("cost"),
    "my_approval": _estimate("approval"),
    "list_price": OpenStart("estimate", estimating.list_price),
    "new_insurance": OpenStart("new_insurance", offers.new_insurance),
    "aid": Start("aid", applications.offer),
    "obligations": Start("obligations", obligations.offer),
    "representative": OpenStart("representative", lambda _, __: RepresentativeOffer()),
    "bill_way": Start("bill_way", offers.bill_way, answered=True, outright=True),
    "enrol": OpenStart("enrolment", offers.enrolment),
    "change_language": OpenStart("language", lambda _, __: LanguageOffer()),
}
"""The conversation that each intent starts."""

OPEN_TO_ALL: Final = frozenset({*answers.PLAIN, "pay", "person", "auto_reply", "none", "yes", "no"})
"""Intents answered in one turn that disclose nothing: no identity is asked for."""

DIGRESSIONS: Final = frozenset(
    {*answers.PLAIN, "pay", "balance", "due_date", "insurance", "why", "credit", "fee", "discount"}
    - {"greeting", "goodbye", "yes", "no"}
)
"""Intents answered in the middle of a conversation, which then goes on."""

SWITCHES: Final = frozenset({*STARTS, "person"})
"""Intents that leave the open conversation and start another."""

PERSONAL: Final = frozenset(
    {"balance", "due_date", "why", "insurance", "cheaper", "discount", "credit", "fee"}
)
"""Intents answered in one turn, to an identified customer only."""

ANSWERED: Final = frozenset({*answers.PLAIN, *STARTS, *PERSONAL, "pay"})
"""Intents that the bot answers or starts a conversation for: nobody waits for a person then."""

_WITHIN: Final = frozenset({
    "new_plan", "my_cost", "my_approval", "list_price", "new_insurance", "aid", "obligations", "bill_way",
    "cheaper", "discount", "legal",
})  # fmt: skip
"""Intents that only another intent or their own words lead to; never offered as a guess."""

OFFERABLE: Final = frozenset({*STARTS, *PERSONAL, "pay", "person", "help"}) - _WITHIN
"""Intents that may be asked about when two are equally likely."""


AGREEING: Final = frozenset({"payment_plan", "new_plan", "promise", "extension", "cheaper"})
"""Intents by which a customer would agree to pay, or be told what makes that easier."""

WHETHER_TO_PAY: Final = "they ask whether or how to pay, and a death, a dispute or a lawyer was named"
"""Why a person answers that."""


def more_precise(turn: Turn, intent: str) -> str:
    """The narrower intent that the words name: new insurance, approval, price, another way for bills.

    Without a price list the intent stays, and a person answers what a service costs. "Sign up for e-mail
    bills" asks for a way of bills. "Register" leads the same way whether the number is a customer's or not:
    otherwise anybody could find that out by asking.
    """
    if intent not in {"insurance", "estimate"}:
        return _by_words(turn, intent)
    if intent == "insurance" and turn.context.installation.reading.insurance(turn.said, turn.language):
        # Who registers is asked for everything else as well.
        registers = turn.identified is None and "enrol" in {
            *turn.heard.meaning.also,
            turn.heard.meaning.second,
        }
        return "enrol" if registers else "new_insurance"
    return _about_cost(turn, intent)


def _about_cost(turn: Turn, intent: str) -> str:
    choice = turn.context.installation.reading.choice(turn.said, turn.language, ("new_insurance", "approval"))
    if choice == "new_insurance":
        return choice
    if (choice != "approval" and intent == "insurance") or not estimating.known(turn):
        return intent
    mine = "my_approval" if choice == "approval" else "my_cost"
    return mine if turn.people else "list_price"


def _by_words(turn: Turn, intent: str) -> str:
    if _another_way(turn, intent):
        return "bill_way"
    if intent == "discount" or (intent in {"none", "pay"} and _names(turn, "cheaper")):
        return "cheaper"
    return "explain_bill" if intent == "none" and _names_a_bill(turn) else intent


def _names_a_bill(turn: Turn) -> bool:
    """Whether a text names a bill, and says nothing else: "D-2039?", "and the lab one".

    Before somebody has identified, the form of a number alone decides: nobody finds out whose it is.
    """
    reading = turn.context.installation.reading
    if reading.number_of_a_bill(turn.said):
        return True
    if turn.identified is None or len(turn.said.split()) > _NAMES_ONLY:
        return False
    open_ = offers.lines(turn, turn.person(turn.identified))
    named = reading.bills_named(turn.said, [(*one.numbers, one.whose) for one in open_])
    return len(named or reading.bills_for(turn.said, [one.service for one in open_])) == 1


_NAMES_ONLY: Final = 5
"""More words than this do more than name a bill."""


def _another_way(turn: Turn, intent: str) -> bool:
    """Whether bills are to come another way."""
    if intent == "contact_details":
        return _names(turn, "bills_sent")
    return intent == "enrol" and (turn.identified is not None or _names(turn, "bill_way"))


def _names(turn: Turn, choice: str) -> bool:
    """Whether the words are those of a choice: bills and how they come, or that they come another way."""
    return turn.context.installation.reading.choice(turn.said, turn.language, (choice,)) is not None


def answer(turn: Turn, intent: str, person: PersonSnapshot | None) -> Reply:
    """Answer an intent that needs no conversation; ``person`` is None as long as nobody is identified."""
    match intent:
        case "pay" if handover.asks_person_to_pay(turn):
            return handover.to_a_person(turn, WHETHER_TO_PAY)
        case "pay":
            referred = answers.referred(turn, person) if person else []
            return say(*referred or answers.paying(turn, person))
        case "person":
            return handover.to_a_person(turn, "the customer asked for a person")
        case "auto_reply":
            return _automatic(turn)
    return say(*_said(turn, intent, person))


def _said(turn: Turn, intent: str, person: PersonSnapshot | None) -> list[Saying]:
    if intent == "consequences":
        return answers.consequences(turn, person)
    if person and intent in PERSONAL:
        return _ANSWERS[intent](turn, person)
    return [Saying(_plain(turn, intent))]


def _plain(turn: Turn, intent: str) -> str:
    """The fixed answer to an intent; who waits for a person hears that the rest is passed on."""
    if intent == "bot_question" and _names(turn, "person"):
        return "answers.no_person"  # "are you a person?" is asked the other way round
    waits = intent == "greeting" or intent not in answers.PLAIN
    if waits and handover.person_asked_for(turn):
        return "person.noted"
    return answers.PLAIN.get(intent, "answers.not_understood")


def _automatic(turn: Turn) -> Reply:
    """Silence to an automatic answer; one that says that something of ours did not arrive is a case."""
    if _names(turn, "not_arrived"):
        why = "an automatic answer says that a message did not arrive: check how the customer is reached"
        handover.open_case(turn, "not_deliverable", why)
    return SILENCE


_ANSWERS: Final[Mapping[str, Callable[[Turn, PersonSnapshot], list[Saying]]]] = {
    "balance": answers.balance,
    "due_date": answers.due_date,
    "why": answers.why,
    "insurance": telling.covered,
    "cheaper": answers.cheaper,
    "discount": answers.cheaper,
    "credit": answers.credit,
    "fee": answers.fees,
}
