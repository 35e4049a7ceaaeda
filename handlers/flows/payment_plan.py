"""A conversation: how a balance is paid off, in instalments each month, each week or every two weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.calendar import add_months
from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import AskAgain, HandToPerson, LeaveAsIs, OpenPlan
from billing.plans.frequency import Frequency
from billing.plans.plans import Instalment, spread
from handlers.talk.plan_terms import (
    PlanOffer,
    Wish,
    read_each,
    read_first_day,
    read_wish,
    smallest_that_fits,
)
from handlers.talk.proposals import confirm, what_else
from handlers.talk.questions import Answer, Misread, Question, QuestionBack, Reader, day_of_month, one_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk

__all__ = ["PlanOffer", "payment_plan"]

_DECIDED: Final = ("verdict", "what_else")
_TERMS: Final = ("too_long", "each", "rest", *_DECIDED)


async def payment_plan(talk: Talk, offer: PlanOffer) -> Outcome:
    """Agree how a balance is paid off."""
    talk.say("payment_plan.opening", balance=offer.balance)
    if offer.looked_at:
        talk.say("payment_plan.looked_at")
    wish = await talk.ask(_how_much(offer))
    often = wish.often
    if not (wish.parts or wish.months or wish.amount) or talk.knows("each"):
        wish = await talk.ask(_how_much_each(offer, wish))
    if wish.too_long(offer):
        answer = await talk.ask(_too_long(offer, wish.often))
        if isinstance(answer, str):
            return AskAgain("how_much") if answer == "fewer" else HandToPerson("wants a longer plan")
        wish = answer
    wish, schedule = await _schedule(talk, offer, wish)
    said = await _verdict(talk, offer, wish, schedule)
    if said == "terms" and wish.often.weeks:
        # An amount without how often is that of the proposal, if the first answer still says how often.
        return AskAgain("each", _TERMS, answered=True) if often is wish.often else AskAgain("how_much")
    return _decided(offer, wish, schedule, said)


async def _verdict(talk: Talk, offer: PlanOffer, wish: Wish, schedule: tuple[Instalment, ...]) -> str:
    """What is said to the proposal; after a bare no, what is to be different."""
    said = await talk.ask(_confirm(offer, wish, schedule))
    return await talk.ask(_what_else(offer, wish, schedule)) if said == "no" else said


def _decided(offer: PlanOffer, wish: Wish, schedule: tuple[Instalment, ...], said: str) -> Outcome:
    match said:
        case "yes":
            return OpenPlan(schedule, offer.balance, offer.replaces)
        case "amount":
            return AskAgain("how_much")
        case "terms":
            return AskAgain("how_much", _TERMS, answered=True)
        case "terms_and_day":
            return AskAgain("how_much", (*_TERMS, "pay_day", "first_day"), answered=True)
        case "day" | "on":
            return _another_day(wish, answered=said == "on")
        case _:
            return LeaveAsIs("payment_plan.left")


def _another_day(wish: Wish, *, answered: bool) -> AskAgain:
    if wish.parts:
        return AskAgain("how_much")
    return AskAgain("first_day" if wish.often.weeks else "pay_day", _DECIDED, answered=answered)


async def _schedule(talk: Talk, offer: PlanOffer, wish: Wish) -> tuple[Wish, tuple[Instalment, ...]]:
    """The instalments: on one day of each month or week, or as they were offered, with the rest asked for."""
    if wish.parts:
        left = wish.left(offer.balance)
        return wish, wish.parts + (await talk.ask(_the_rest(offer, wish)) if left else ())
    if not wish.often.weeks:
        on = await _pay_day(talk, offer, wish)
        if not isinstance(on, Wish):
            return wish, wish.schedule(offer.balance, *on)
        wish = on  # by the week after all, with all that takes
    first = await _first_day(talk, offer, wish)
    return wish, wish.schedule(offer.balance, 0, first - timedelta(days=1))


async def _pay_day(talk: Talk, offer: PlanOffer, wish: Wish) -> tuple[int, date] | Wish:
    before = offer.before if offer.before and not offer.before.often.weeks else None
    pay_day = wish.pay_day or (before.pay_day if before else 0)
    if pay_day and wish.said_on and not talk.knows("pay_day"):
        return pay_day, wish.said_on
    return await talk.ask(_which_day(offer))


async def _first_day(talk: Talk, offer: PlanOffer, wish: Wish) -> date:
    before = offer.before if offer.before and offer.before.often == wish.often else None
    first = wish.first or (before.next_on if before and before.next_on > offer.today else None)
    if first and not talk.knows("first_day"):
        return first
    saying = Saying("payment_plan.first_day")
    return await talk.ask(
        Question("first_day", saying, lambda answer, reader: read_first_day(answer, reader, offer))
    )


def _how_much(offer: PlanOffer) -> Question[Wish]:
    facts: Facts = {"smallest": smallest_that_fits(offer), "longest": offer.longest}
    saying = Saying("payment_plan.how_much", facts)
    return Question("how_much", saying, lambda answer, reader: read_wish(answer, reader, offer))


def _how_much_each(offer: PlanOffer, wish: Wish) -> Question[Wish]:
    """How much each time, where only how often was said."""
    facts: Facts = {"often": wish.often.value, "smallest": smallest_that_fits(offer, wish.often)}
    saying = Saying("payment_plan.how_much_each", facts)
    return Question("each", saying, lambda answer, reader: read_each(answer, reader, offer, wish))


def _too_long(offer: PlanOffer, often: Frequency) -> Question[str | Wish]:
    """Pay more each time, as a choice or at once as an amount that fits; or talk to a person."""
    facts: Facts = {
        "longest": offer.longest,
        "smallest": smallest_that_fits(offer, often),
        "often": often.value,
    }
    choice = one_of("too_long", Saying("payment_plan.too_long", facts), "fewer", "person")

    def read(answer: Answer, reader: Reader) -> str | Wish:
        try:
            said = reader.frequency(answer.text, answer.language)
            open_ = Wish(often=often, said_on=max(offer.today, answer.day))
            wish = (
                read_wish(answer, reader, offer)
                if said or not often.weeks
                else read_each(answer, reader, offer, open_)
            )
        except Misread:
            return choice.read(answer, reader)
        if answer.text.strip() in {"1", "2"} or not (wish.parts or wish.months or wish.amount):
            return choice.read(answer, reader)
        if wish.too_long(offer):
            raise Misread(choice.saying)
        return wish

    return Question("too_long", choice.saying, read, choice.options)


def _the_rest(offer: PlanOffer, wish: Wish) -> Question[tuple[Instalment, ...]]:
    """How the rest after the customer's own instalments is paid: on a day, or over months."""
    left, last = wish.left(offer.balance), wish.parts[-1]
    saying = Saying("payment_plan.the_rest", {"rest": Money(left, offer.balance.currency)})

    def read(answer: Answer, reader: Reader) -> tuple[Instalment, ...]:
        months = reader.months(answer.text, answer.language)
        if months is not None and months + len(wish.parts) <= offer.longest:
            following = spread(left, months, last.due_on.day, last.due_on)
        else:
            on = reader.day(answer.text, answer.language, max(offer.today, answer.day))
            if on is None or not last.due_on < on <= add_months(offer.today, offer.longest):
                raise Misread(Saying("talk.misread_day"))
            following = (Instalment(1, on, left),)
        if following[-1].amount < offer.smallest.minor:
            raise Misread(Saying("payment_plan.too_small", {"smallest": offer.smallest, "often": "monthly"}))
        return tuple(replace(one, number=one.number + last.number) for one in following)

    return Question("rest", saying, read)


def _which_day(offer: PlanOffer) -> Question[tuple[int, date] | Wish]:
    """A day of the month, and the local day it was named on: the first instalment falls after that.

    Who names a weekday is asked for the amount of a week: "100 a month" says nothing about Fridays.
    """
    asked = day_of_month("pay_day", Saying("payment_plan.which_day"))

    def read(answer: Answer, reader: Reader) -> tuple[int, date] | Wish:
        if reader.asks(answer.text, answer.language):
            raise QuestionBack(Saying("payment_plan.first_comes"))
        if reader.frequency(answer.text, answer.language) in {"", Frequency.MONTHLY.value}:
            return asked.read(answer, reader), max(offer.today, answer.day)
        wish = read_wish(answer, reader, offer)
        if not wish.amount or wish.too_long(offer):
            raise Misread(Saying("payment_plan.day_of_the_month"))
        return wish

    return Question(asked.slot, asked.saying, read)


def _confirm(offer: PlanOffer, wish: Wish, schedule: tuple[Instalment, ...]) -> Question[str]:
    rows: list[Facts] = [
        {"number": one.number, "due_on": one.due_on, "amount": Money(one.amount, offer.balance.currency)}
        for one in schedule
    ]
    facts: Facts = {
        "count": len(schedule),
        "schedule": rows,
        "total": offer.balance,
        "often": "" if wish.parts else wish.often.value,
    }
    return confirm(Saying("payment_plan.confirm", facts), *_proposed(offer, wish, schedule))


def _what_else(offer: PlanOffer, wish: Wish, schedule: tuple[Instalment, ...]) -> Question[str]:
    return what_else(Saying("payment_plan.what_else"), *_proposed(offer, wish, schedule))


def _proposed(
    offer: PlanOffer, wish: Wish, schedule: tuple[Instalment, ...]
) -> tuple[Callable[[Answer, Reader], str], Saying]:
    """How other terms are read out of an answer to a proposal, and what is said to a question about it."""

    def other(answer: Answer, reader: Reader) -> str:
        return _other_terms(answer, reader, offer, wish, schedule)

    return other, _explained(offer, schedule)


def _explained(offer: PlanOffer, schedule: tuple[Instalment, ...]) -> Saying:
    """When the first and the last instalment of a proposal would come, and how many there are."""
    first, last, currency = schedule[0], schedule[-1], offer.balance.currency
    facts: Facts = {
        "count": len(schedule),
        "first": Money(first.amount, currency),
        "first_on": first.due_on,
        "last": Money(last.amount, currency),
        "last_on": last.due_on,
    }
    return Saying("payment_plan.explained", facts)


def _other_terms(
    answer: Answer, reader: Reader, offer: PlanOffer, wish: Wish, schedule: tuple[Instalment, ...]
) -> str:
    """What an answer to a proposal asks for instead: other ``terms``, with their day, or only a day ``on``.

    Raises:
        Misread: it names money, but not how much: nothing is agreed by a yes beside it.
    """
    text, language, currency = answer.text, answer.language, offer.balance.currency
    amount, day = reader.amount(text, language, currency), _written_day(answer, reader)
    if amount and day and reader.count(text, language) is not None and not wish.parts:
        if amount.minor < offer.smallest.minor:
            return "on"  # too little to be an amount
        raise Misread(Saying("payment_plan.amount_or_day", {"amount": amount, "day": day}))
    known = {offer.balance.minor, *(one.amount for one in schedule)}
    often = reader.frequency(text, language)
    changed = often not in {"", wish.often.value} or (amount is not None and amount.minor not in known)
    months = reader.months(text, language)
    if changed and wish.parts and amount and not months:
        return "amount"  # of which of the parts is not said
    if changed or (months is not None and months != len(schedule)):
        named = day or (reader.day(text, language, answer.day) if often else None)
        return "terms_and_day" if named or often else "terms"
    if amount is None and (
        reader.either_amount(text, language, currency) or reader.no_amount(text, language, currency)
    ):
        read_wish(answer, reader, offer)  # says what is wrong with it
    return _other_day(answer, reader, wish, schedule)


def _written_day(answer: Answer, reader: Reader) -> int | None:
    """A day of the month in more than one word, or in digits: "ändra" alone is no 2nd."""
    alone = len(answer.text.split()) == 1 and not any(one.isdigit() for one in answer.text)
    return None if alone else reader.day_of_month(answer.text, answer.language)


def _other_day(answer: Answer, reader: Reader, wish: Wish, schedule: tuple[Instalment, ...]) -> str:
    if wish.parts:
        return ""
    if wish.often.weeks:
        on = reader.day(answer.text, answer.language, answer.day)
        return "on" if on and on != schedule[0].due_on else ""
    day = _written_day(answer, reader)
    return "on" if day and day != max(one.due_on.day for one in schedule) else ""
