"""A conversation: how a balance is paid off, one instalment a month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.money import Money, minor_units
from billing.outcomes import AskAgain, HandToPerson, LeaveAsIs, OpenPlan
from billing.plans import Instalment, instalments_for, pay_off, spread
from handlers.talk.questions import Answer, Misread, Question, Reader, day_of_month, one_of

if TYPE_CHECKING:
    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class PlanOffer:
    """The balance, the smallest instalment, the most months, and the local day the talk began.

    A person looks at what was agreed first where ``looked_at`` says so.
    """

    balance: Money
    smallest: Money
    longest: int
    today: date
    looked_at: bool = False
    replaces: int = 0
    """The running plan that this one takes the place of."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody can pay: so many months, or so much a month (minor units)."""

    months: int | None = None
    monthly: int | None = None

    def count(self, balance: Money) -> int:
        """How many instalments that takes."""
        return self.months or instalments_for(balance.minor, self.monthly or balance.minor)

    def schedule(self, balance: Money, pay_day: int, after: date) -> tuple[Instalment, ...]:
        """The instalments: the odd cents first for months, the remainder last for an amount."""
        if self.months:
            return spread(balance.minor, self.months, pay_day, after)
        return pay_off(balance.minor, self.monthly or balance.minor, pay_day, after)


async def payment_plan(talk: Talk, offer: PlanOffer) -> Outcome:
    """Agree how a balance is paid off."""
    talk.say("payment_plan.opening", balance=offer.balance)
    if offer.looked_at:
        talk.say("payment_plan.looked_at")
    wish = await talk.ask(_how_much(offer))
    if wish.count(offer.balance) > offer.longest:
        longest, smallest = offer.longest, _smallest_that_fits(offer)
        too_long = Saying("payment_plan.too_long", {"longest": longest, "smallest": smallest})
        answer = await talk.ask(one_of("too_long", too_long, "fewer", "person"))
        return AskAgain("how_much") if answer == "fewer" else HandToPerson("wants a longer plan")
    pay_day, after = await talk.ask(_which_day(offer))
    schedule = wish.schedule(offer.balance, pay_day, after)
    match await talk.ask(_confirm(offer, schedule)):
        case "yes":
            return OpenPlan(schedule, offer.balance, offer.replaces)
        case "amount":
            return AskAgain("how_much")
        case "day":
            return AskAgain("pay_day")
        case _:
            return LeaveAsIs("payment_plan.left")


def _how_much(offer: PlanOffer) -> Question[Wish]:
    facts: Facts = {"smallest": _smallest_that_fits(offer), "longest": offer.longest}

    def read(answer: Answer, reader: Reader) -> Wish:
        months = _months(answer, reader, offer)
        if months is not None:
            return _not_too_small(Wish(months=months), offer)
        amount = reader.amount(answer.text, answer.language, offer.balance.currency)
        if amount is None:
            raise Misread(Saying("talk.misread_amount"))
        return _not_too_small(Wish(monthly=min(amount.minor, offer.balance.minor)), offer)

    return Question("how_much", Saying("payment_plan.how_much", facts), read)


def _months(answer: Answer, reader: Reader, offer: PlanOffer) -> int | None:
    """A number of months; a bare number is one if it is too small to be an instalment."""
    months = reader.months(answer.text, answer.language)
    if months is not None:
        return months
    bare = reader.count(answer.text, answer.language)
    currency = offer.balance.currency
    if bare is not None and bare <= offer.longest and minor_units(bare, currency) < offer.smallest.minor:
        return bare
    return None


def _not_too_small(wish: Wish, offer: PlanOffer) -> Wish:
    smallest = offer.smallest
    share = wish.monthly if wish.months is None else offer.balance.minor // wish.months
    if share is not None and share < smallest.minor and wish.count(offer.balance) <= offer.longest:
        raise Misread(Saying("payment_plan.too_small", {"smallest": smallest}))
    return wish


def _which_day(offer: PlanOffer) -> Question[tuple[int, date]]:
    """A day of the month, and the local day it was named on: the first instalment falls after that."""
    asked = day_of_month("pay_day", Saying("payment_plan.which_day"))

    def read(answer: Answer, reader: Reader) -> tuple[int, date]:
        return asked.read(answer, reader), max(offer.today, answer.day)

    return Question(asked.slot, asked.saying, read)


def _smallest_that_fits(offer: PlanOffer) -> Money:
    """The smallest instalment that is allowed and also ends in time, in whole units where it can."""
    needed = -(-offer.balance.minor // offer.longest)
    unit = minor_units(1, offer.balance.currency)
    return Money(max(offer.smallest.minor, -(-needed // unit) * unit), offer.balance.currency)


def _confirm(offer: PlanOffer, schedule: tuple[Instalment, ...]) -> Question[str]:
    rows: list[Facts] = [
        {"number": one.number, "due_on": one.due_on, "amount": Money(one.amount, offer.balance.currency)}
        for one in schedule
    ]
    facts: Facts = {"count": len(schedule), "schedule": rows, "total": offer.balance}
    saying = Saying("payment_plan.confirm", facts)
    choice = one_of("verdict", saying, "yes", "amount", "day", "no")

    def read(answer: Answer, reader: Reader) -> str:
        try:
            return choice.read(answer, reader)
        except Misread:
            if reader.amount(answer.text, answer.language, offer.balance.currency) is None:
                raise
            return "amount"  # "make it 100": the amount is asked for anew

    return replace(choice, read=read, fresh=True)
