"""A conversation: a promise to pay so much by a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import AskAgain, LeaveAsIs, MakePromise
from handlers.talk.questions import Answer, Misread, Question, Reader, one_of, unread_amount

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class PromiseOffer:
    """The balance, the latest day the policy allows, and the local day the talk began."""

    balance: Money
    latest: date
    today: date
    rest: Money | None = None
    """What is left once a payment is here that the customer told of; None where they told of none."""


async def promise(talk: Talk, offer: PromiseOffer) -> Outcome:
    """Agree when, and how much of, a balance is paid."""
    due_on = await talk.ask(_which_day(offer))
    amount = await talk.ask(_how_much(offer))
    saying = Saying("promise.confirm", {"amount": amount, "due_on": due_on})
    match await talk.ask(one_of("verdict", saying, "yes", "amount", "day", "no", fresh=True)):
        case "yes":
            return MakePromise(amount, due_on, offer.balance)
        case "amount":
            return AskAgain("how_much")
        case "day":
            return AskAgain("due_on")
        case _:
            return LeaveAsIs("promise.left")


_NO_DAY = {"past": "promise.past", "impossible": "talk.no_such_day", "": "talk.misread_day"}


def _which_day(offer: PromiseOffer) -> Question[date]:
    def read(answer: Answer, reader: Reader) -> date:
        day = reader.day(answer.text, answer.language, answer.day)
        if day is None:
            raise Misread(Saying(_NO_DAY[reader.no_day(answer.text, answer.language)]))
        if day < max(offer.today, answer.day):  # the talk may have gone on after midnight
            raise Misread(Saying("promise.past"))
        if day > offer.latest:
            raise Misread(Saying("promise.too_late", {"latest": offer.latest}))
        return day

    return Question("due_on", Saying("promise.which_day", {"latest": offer.latest}), read)


def _how_much(offer: PromiseOffer) -> Question[Money]:
    def read(answer: Answer, reader: Reader) -> Money:
        if reader.choice(answer.text, answer.language, ["whole"]) == "whole":
            return offer.balance
        parts = reader.parts(answer.text, answer.language, offer.balance, max(offer.today, answer.day))
        if parts and len(parts) == 1 and parts[0][0] is None:  # "the rest on Friday"
            return offer.rest or offer.balance
        amount = reader.amount(answer.text, answer.language, offer.balance.currency)
        if amount is None:
            raise unread_amount(answer, reader, offer.balance.currency)
        return min(amount, offer.balance)

    return Question("how_much", Saying("promise.how_much", {"balance": offer.balance}), read, ("whole",))
