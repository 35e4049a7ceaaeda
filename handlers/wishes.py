"""What each wish of a customer leads to: an answer, a conversation, a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from handlers import answers, handover, offers
from handlers.reply import SILENCE, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billing.picture import PersonPicture
    from handlers.offers import Offer
    from handlers.reply import Reply, Turn

OPEN_TO_ALL: Final = frozenset({*answers.PLAIN, "pay", "person", "auto_reply", "none", "yes", "no"})
"""Wishes that give nothing away: nobody is asked who they are."""

DIGRESSIONS: Final = frozenset({*answers.PLAIN, "pay", "balance", "due_date"} - {"greeting", "goodbye"})
"""Wishes that are answered in the middle of a conversation, which then goes on."""

SWITCHES: Final = frozenset(
    {"payment_plan", "promise", "extension", "contact_details", "explain_bill", "person"}
)
"""Wishes that begin something else."""

PERSONAL: Final = frozenset({"balance", "due_date", "why"})
"""Wishes that are answered in one turn, to whoever has shown who they are."""

FLOWS: Final[Mapping[str, str]] = {
    "payment_plan": "payment_plan",
    "change_plan": "payment_plan",
    "promise": "promise",
    "extension": "promise",
    "contact_details": "contact_details",
    "explain_bill": "explain_bill",
}
"""Which conversation a wish begins."""

OFFERS: Final[Mapping[str, Callable[[Turn, PersonPicture], Offer | Saying]]] = {
    "payment_plan": offers.payment_plan,
    "promise": offers.promise,
    "contact_details": offers.contact_details,
    "explain_bill": offers.explain_bill,
}

FOR_THE_DESK: Final = frozenset(
    {
        "already_paid",
        "receipt",
        "insurance",
        "estimate",
        "refund",
        "complaint",
        "representative",
        "enrol",
        "change_language",
    }
)
"""Wishes that one of the staff must look at."""


def answer(turn: Turn, intent: str, person: PersonPicture | None) -> Reply:
    """Answer a wish that needs no conversation; ``person`` is whoever has shown who they are."""
    match intent:
        case "pay":
            return say(answers.how_to_pay(turn, person))
        case "balance" | "why" | "due_date" if person:
            found = answers.due_date if intent == "due_date" else answers.balance
            return say(*found(turn, person))
        case "person":
            return handover.to_a_person(turn, "the customer asked for a person")
        case "auto_reply":
            return SILENCE
    if intent in FOR_THE_DESK:
        handover.open_case(turn, intent, f"the customer texted about: {intent.replace('_', ' ')}")
        return say(Saying("person.for_this"))
    return say(Saying(answers.PLAIN.get(intent, "answers.not_understood")))
