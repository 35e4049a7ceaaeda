"""A conversation: how a balance is paid off, one instalment a month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.calendar import add_months
from billing.facts import Saying
from billing.ledger.money import Money, minor_units
from billing.outcomes import AskAgain, HandToPerson, LeaveAsIs, OpenPlan
from billing.plans.plans import Instalment, in_parts, instalments_for, pay_off, spread
from handlers.talk.questions import Answer, Misread, Question, Reader, day_of_month, one_of, unread_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class PlanOffer:
    """The balance, the smallest instalment, the most months, and the local day the talk began.

    With ``looked_at`` a rep approves the plan before it runs.
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
    """The payment plan a customer wants: months, an amount a month (minor units), or own instalments."""

    months: int | None = None
    monthly: int | None = None
    parts: tuple[Instalment, ...] = ()

    def count(self, balance: Money) -> int:
        """How many instalments that takes."""
        return len(self.parts) or self.months or instalments_for(balance.minor, self.monthly or balance.minor)

    def schedule(self, balance: Money, pay_day: int, after: date) -> tuple[Instalment, ...]:
        """The instalments: the odd cents first for months, the remainder last for an amount."""
        if self.months:
            return spread(balance.minor, self.months, pay_day, after)
        return pay_off(balance.minor, self.monthly or balance.minor, pay_day, after)

    def left(self, balance: Money) -> int:
        """What the customer's own instalments leave open, in minor units."""
        return balance.minor - sum(part.amount for part in self.parts)


async def payment_plan(talk: Talk, offer: PlanOffer) -> Outcome:
    """Agree how a balance is paid off."""
    talk.say("payment_plan.opening", balance=offer.balance)
    if offer.looked_at:
        talk.say("payment_plan.looked_at")
    wish = await talk.ask(_how_much(offer))
    if wish.count(offer.balance) > offer.longest:
        answer = await talk.ask(_too_long(offer))
        if isinstance(answer, str):
            return AskAgain("how_much") if answer == "fewer" else HandToPerson("wants a longer plan")
        wish = answer
    schedule = await _schedule(talk, offer, wish)
    match await talk.ask(_confirm(offer, schedule)):
        case "yes":
            return OpenPlan(schedule, offer.balance, offer.replaces)
        case "amount":
            return AskAgain("how_much")
        case "day":
            return AskAgain("how_much" if wish.parts else "pay_day")
        case _:
            return LeaveAsIs("payment_plan.left")


async def _schedule(talk: Talk, offer: PlanOffer, wish: Wish) -> tuple[Instalment, ...]:
    """The instalments: on one day of each month, or as they were offered, with the rest asked for."""
    if not wish.parts:
        pay_day, after = await talk.ask(_which_day(offer))
        return wish.schedule(offer.balance, pay_day, after)
    if not wish.left(offer.balance):
        return wish.parts
    return wish.parts + await talk.ask(_the_rest(offer, wish))


def _how_much(offer: PlanOffer) -> Question[Wish]:
    facts: Facts = {"smallest": _smallest_that_fits(offer), "longest": offer.longest}

    def read(answer: Answer, reader: Reader) -> Wish:
        parts = reader.parts(answer.text, answer.language, offer.balance, max(offer.today, answer.day))
        if parts:
            return _fitting(parts, offer)
        months = _months(answer, reader, offer)
        if months is not None:
            return _not_too_small(Wish(months=months), offer)
        amount = reader.amount(answer.text, answer.language, offer.balance.currency)
        if amount is None:
            raise unread_amount(answer, reader, offer.balance.currency)
        return _not_too_small(Wish(monthly=min(amount.minor, offer.balance.minor)), offer)

    return Question("how_much", Saying("payment_plan.how_much", facts), read)


def _too_long(offer: PlanOffer) -> Question[str | Wish]:
    """Pay more each month, as a choice or at once as an amount that fits; or talk to a person."""
    facts: Facts = {"longest": offer.longest, "smallest": _smallest_that_fits(offer)}
    choice = one_of("too_long", Saying("payment_plan.too_long", facts), "fewer", "person")

    def read(answer: Answer, reader: Reader) -> str | Wish:
        try:
            wish = _how_much(offer).read(answer, reader)
        except Misread:
            return choice.read(answer, reader)
        if answer.text.strip() in {"1", "2"}:
            return choice.read(answer, reader)
        if wish.count(offer.balance) > offer.longest:
            raise Misread(choice.saying)
        return wish

    return Question("too_long", choice.saying, read, choice.options)


def _fitting(wanted: Sequence[tuple[Money | None, date]], offer: PlanOffer) -> Wish:
    """The customer's own instalments, if the policy allows them."""
    minor = [(amount.minor if amount else None, on) for amount, on in wanted]
    made = in_parts(minor, offer.balance.minor)
    latest = add_months(offer.today, offer.longest)
    if made is None:
        raise Misread(Saying("talk.misread_amount"))
    if made[-1].due_on > latest:
        raise Misread(Saying("payment_plan.too_late", {"latest": latest}))
    if made[0].due_on < offer.today:
        raise Misread(Saying("promise.past"))
    wish = Wish(parts=made)
    parts = [part.amount for part in made] + [wish.left(offer.balance)] * bool(wish.left(offer.balance))
    if min(parts) < offer.smallest.minor:
        raise Misread(Saying("payment_plan.too_small", {"smallest": offer.smallest}))
    return wish


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
            raise Misread(Saying("payment_plan.too_small", {"smallest": offer.smallest}))
        return tuple(replace(one, number=one.number + last.number) for one in following)

    return Question("rest", saying, read)


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
