"""A conversation: an application for help with the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import ApplyForAid, LeaveAsIs
from handlers.talk.questions import Answer, Misread, Question, Reader, one_of, unread_amount

if TYPE_CHECKING:
    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk

_LARGEST = 20


@offered(frozen=True, slots=True)
class AidOffer:
    """The currency in which an income is told, and whether any programme goes by it."""

    currency: str
    by_income: bool = True


async def aid(talk: Talk, offer: AidOffer) -> Outcome:
    """Ask what the rules go by, and nothing more; what was understood is said back before it counts."""
    if not offer.by_income:
        return ApplyForAid(0, Money(0, offer.currency))
    household = await talk.ask(_household())
    income = await talk.ask(_income(offer.currency))
    facts: Facts = {"household": household, "income": income}
    if await talk.ask(one_of("right", Saying("aid.confirm", facts), "yes", "no", fresh=True)) == "no":
        return LeaveAsIs("aid.left")
    return ApplyForAid(household, income)


def _household() -> Question[int]:
    def read(answer: Answer, reader: Reader) -> int:
        found = reader.count(answer.text, answer.language)
        if found is None or not 1 <= found <= _LARGEST:
            raise Misread(Saying("aid.misread_household"))
        return found

    return Question("household", Saying("aid.household"), read)


def _income(currency: str) -> Question[Money]:
    """An amount a month; none at all is an answer too."""

    def read(answer: Answer, reader: Reader) -> Money:
        found = reader.amount(answer.text, answer.language, currency)
        nothing = reader.choice(answer.text, answer.language, ("none",)) or answer.text.strip(" .") == "0"
        if found is None and nothing:
            return Money(0, currency)
        if found is None:
            raise unread_amount(answer, reader, currency)
        return found

    return Question("income", Saying("aid.income"), read)
