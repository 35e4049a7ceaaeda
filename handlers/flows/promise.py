"""A conversation: a promise to pay so much by a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import AskAgain, LeaveAsIs, MakePromise
from handlers.talk.proposals import confirm, what_else
from handlers.talk.questions import Answer, Misread, Question, Reader, unread_amount

if TYPE_CHECKING:
    from collections.abc import Callable

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
    can_wait: bool = False
    """Whether it was asked if payment can wait: then that is answered first."""


_FEW: Final = 8
_DECIDED: Final = ("verdict", "what_else")


async def promise(talk: Talk, offer: PromiseOffer) -> Outcome:
    """Agree when, and how much of, a balance is paid."""
    due_on, amount = await talk.ask(_which_day(offer))
    if offer.can_wait:
        talk.say("promise.can_wait", due_on=due_on)
    if amount is None or talk.knows("how_much"):
        amount = await talk.ask(_how_much(offer))
    if amount.minor > offer.balance.minor:
        talk.say("promise.enough", balance=offer.balance)
        amount = offer.balance
    return _decided(offer, due_on, amount, await _verdict(talk, offer, due_on, amount))


async def _verdict(talk: Talk, offer: PromiseOffer, due_on: date, amount: Money) -> str:
    """What is said to the proposal; after a bare no, what is to be different."""
    said = await talk.ask(_confirm(offer, due_on, amount))
    return await talk.ask(_what_else(offer, due_on, amount)) if said == "no" else said


def _decided(offer: PromiseOffer, due_on: date, amount: Money, said: str) -> Outcome:
    match said:
        case "yes":
            return MakePromise(amount, due_on, offer.balance)
        case "amount" | "other_amount":
            return AskAgain("how_much", _DECIDED, answered=said == "other_amount")
        case "day":
            return AskAgain("due_on")
        case "other_day":
            return AskAgain("due_on", _DECIDED, answered=True)
        case "other_both":
            return AskAgain("due_on", ("how_much", *_DECIDED), answered=True)
        case _:
            return LeaveAsIs("promise.left")


_NO_DAY = {"past": "promise.past", "impossible": "talk.no_such_day", "": "talk.misread_day"}


def _which_day(offer: PromiseOffer) -> Question[tuple[date, Money | None]]:
    """The day, and the amount where the same words name one."""

    def read(answer: Answer, reader: Reader) -> tuple[date, Money | None]:
        day = reader.day(answer.text, answer.language, answer.day)
        month = reader.month_to_come(answer.text, answer.language, answer.day) if day is None else None
        if month and month > offer.latest:
            raise Misread(Saying("promise.too_late", {"latest": offer.latest}))
        if day is None:
            raise Misread(Saying(_NO_DAY[reader.no_day(answer.text, answer.language)]))
        if day < max(offer.today, answer.day):  # the talk may have gone on after midnight
            raise Misread(Saying("promise.past"))
        if day > offer.latest:
            raise Misread(Saying("promise.too_late", {"latest": offer.latest}))
        return day, _amount(answer, reader, offer)

    return Question("due_on", Saying("promise.which_day", {"latest": offer.latest}), read)


def _amount(answer: Answer, reader: Reader, offer: PromiseOffer) -> Money | None:
    """The amount in words that name a day, too; a bare number is the day."""
    if reader.count(answer.text, answer.language) is not None:
        return None
    if rest := _rest(answer, reader, offer):
        return rest
    few = len(answer.text.split()) <= _FEW  # "the kids were sick all week" is no amount
    if few and reader.choice(answer.text, answer.language, ["whole"]) == "whole":
        return offer.balance
    return reader.amount(answer.text, answer.language, offer.balance.currency)


def _rest(answer: Answer, reader: Reader, offer: PromiseOffer) -> Money | None:
    """What is left, where the words name the rest and nothing else: "the rest on Friday"."""
    parts = reader.parts(answer.text, answer.language, offer.balance, max(offer.today, answer.day))
    return (offer.rest or offer.balance) if parts and len(parts) == 1 and parts[0][0] is None else None


def _how_much(offer: PromiseOffer) -> Question[Money]:
    def read(answer: Answer, reader: Reader) -> Money:
        if reader.choice(answer.text, answer.language, ["whole"]) == "whole":
            return offer.balance
        if rest := _rest(answer, reader, offer):
            return rest
        amount = reader.amount(answer.text, answer.language, offer.balance.currency)
        if amount is None:
            raise unread_amount(answer, reader, offer.balance.currency)
        return amount

    return Question("how_much", Saying("promise.how_much", {"balance": offer.balance}), read, ("whole",))


def _confirm(offer: PromiseOffer, due_on: date, amount: Money) -> Question[str]:
    return confirm(_proposal(due_on, amount), *_proposed(offer, due_on, amount))


def _what_else(offer: PromiseOffer, due_on: date, amount: Money) -> Question[str]:
    return what_else(Saying("promise.what_else"), *_proposed(offer, due_on, amount))


def _proposal(due_on: date, amount: Money) -> Saying:
    return Saying("promise.confirm", {"amount": amount, "due_on": due_on})


def _proposed(
    offer: PromiseOffer, due_on: date, amount: Money
) -> tuple[Callable[[Answer, Reader], str], Saying]:
    """How another amount or day is read out of an answer, and what is said to a question about it."""

    def other(answer: Answer, reader: Reader) -> str:
        return _other(answer, reader, offer, due_on, amount)

    return other, _proposal(due_on, amount)


def _other(answer: Answer, reader: Reader, offer: PromiseOffer, due_on: date, amount: Money) -> str:
    """Another amount or day, or both, that an answer to a proposal names; empty if it names none.

    Raises:
        Misread: it names money, but not how much: nothing is agreed by a yes beside it.
    """
    text, language, currency = answer.text, answer.language, offer.balance.currency
    named, on = reader.amount(text, language, currency), reader.day(text, language, answer.day)
    if reader.count(text, language) is not None:
        on = None  # a bare number is the amount
    if named is None and (
        reader.either_amount(text, language, currency) or reader.no_amount(text, language, currency)
    ):
        raise unread_amount(answer, reader, currency)
    other_day, other_amount = on not in {None, due_on}, named not in {None, amount}
    if other_day and named is not None:
        return "other_both"
    return "other_day" if other_day else "other_amount" if other_amount else ""
