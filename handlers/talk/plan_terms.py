"""The terms of a payment plan, as a customer words them: how much, how often, from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from pydantic.dataclasses import dataclass as offered

from billing.calendar import add_months
from billing.facts import Saying
from billing.ledger.money import Money, minor_units
from billing.plans.frequency import Frequency
from billing.plans.plans import Instalment, in_parts, instalments_for, pay_off, spread
from handlers.talk.questions import Answer, Misread, QuestionBack, Reader, unread_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

_OTHER: Final = "other"
_A_DAY: Final = timedelta(days=1)
_FIRST_WITHIN: Final = timedelta(days=31)


@offered(frozen=True, slots=True)
class RunningTerms:
    """What a running plan keeps where only a part of it changes: the instalment, how often, on which day."""

    amount: Money
    often: Frequency
    pay_day: int
    next_on: date


@offered(frozen=True, slots=True)
class PlanOffer:
    """The balance, the smallest instalment a month, the most months, and the local day the talk began.

    With ``looked_at`` a rep approves the plan before it runs.
    """

    balance: Money
    smallest: Money
    longest: int
    today: date
    looked_at: bool = False
    replaces: int = 0
    """The running plan that this one takes the place of."""
    before: RunningTerms | None = None
    """The terms of that plan, where its instalments have any in common."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The payment plan a customer wants: months, an amount each time (minor units), or own instalments.

    ``pay_day`` is a day of the month, ``first`` the local day of the first of weekly instalments, ``said_on``
    the local day on which they were named.
    """

    months: int | None = None
    amount: int | None = None
    often: Frequency = Frequency.MONTHLY
    pay_day: int = 0
    first: date | None = None
    said_on: date | None = None
    parts: tuple[Instalment, ...] = ()

    def count(self, balance: Money) -> int:
        """How many instalments that takes."""
        if self.parts:
            return len(self.parts)
        if self.months:
            return self.often.most(self.months)
        return instalments_for(balance.minor, self.amount or balance.minor)

    def too_long(self, offer: PlanOffer) -> bool:
        """Whether it takes more months than are offered."""
        return self.count(offer.balance) > (offer.longest if self.parts else self.often.most(offer.longest))

    def schedule(self, balance: Money, pay_day: int, after: date) -> tuple[Instalment, ...]:
        """The instalments: the odd cents first for months, the remainder last for an amount."""
        if self.months:
            return spread(balance.minor, self.count(balance), pay_day, after, self.often)
        return pay_off(balance.minor, self.amount or balance.minor, pay_day, after, self.often)

    def left(self, balance: Money) -> int:
        """What the customer's own instalments leave open, in minor units."""
        return balance.minor - sum(part.amount for part in self.parts)


def read_wish(answer: Answer, reader: Reader, offer: PlanOffer) -> Wish:
    """The plan that an answer asks for; neither an amount nor months where only how often is said.

    Raises:
        Misread: it cannot be read, does not add up, or the policy does not allow it.
    """
    text, language = answer.text, answer.language
    parts = reader.parts(text, language, offer.balance, max(offer.today, answer.day))
    if parts:
        return _fitting(parts, offer)
    said = reader.frequency(text, language)
    if said == _OTHER:
        raise Misread(Saying("payment_plan.other_frequency"))
    often = Frequency(said) if said else Frequency.MONTHLY
    months, amount = _months(answer, reader, offer), reader.amount(text, language, offer.balance.currency)
    wish = Wish(months, None, often, *_named_day(answer, reader, offer, often))
    if months is not None:
        if amount and _count_of_amount(text, language, reader) and not _adds_up(wish, amount, offer):
            raise Misread(Saying("payment_plan.does_not_add_up", {"balance": offer.balance}))
        return _not_too_small(wish, offer)
    if amount is not None:
        return _not_too_small(_each(wish, min(amount.minor, offer.balance.minor)), offer)
    return _kept_or_open(answer, reader, offer, wish, said=bool(said))


def _count_of_amount(text: str, language: str, reader: Reader) -> bool:
    """Whether a text has an amount beside its months: a bare number is one of the two."""
    return reader.count(text, language) is None


def _kept_or_open(answer: Answer, reader: Reader, offer: PlanOffer, wish: Wish, *, said: bool) -> Wish:
    """A wish without an amount: that of the running plan where only its day changes, else it is asked."""
    before, named = offer.before, wish.pay_day or wish.first
    if before and not said and (named or before.often.weeks):
        kept = Wish(None, None, before.often, *_named_day(answer, reader, offer, before.often))
        if kept.pay_day or kept.first:
            return _not_too_small(_each(kept, min(before.amount.minor, offer.balance.minor)), offer)
    currency = offer.balance.currency
    unclear = reader.either_amount(answer.text, answer.language, currency)
    if said and not unclear and not reader.no_amount(answer.text, answer.language, currency):
        return wish
    raise unread_amount(answer, reader, currency)


def _each(wish: Wish, amount: int) -> Wish:
    return Wish(None, amount, wish.often, wish.pay_day, wish.first, wish.said_on)


def read_each(answer: Answer, reader: Reader, offer: PlanOffer, wish: Wish) -> Wish:
    """The amount of each instalment, where how often was said before; another frequency may be said here.

    Raises:
        Misread: it names no amount, or too small a one.
    """
    if reader.frequency(answer.text, answer.language):
        again = read_wish(answer, reader, offer)
        if again.amount or again.months:
            return again
    amount = reader.amount(answer.text, answer.language, offer.balance.currency)
    if amount is None:
        raise unread_amount(answer, reader, offer.balance.currency)
    return _not_too_small(_each(wish, min(amount.minor, offer.balance.minor)), offer)


def read_first_day(answer: Answer, reader: Reader, offer: PlanOffer) -> date:
    """The local day of the first of weekly instalments, within a month.

    Raises:
        Misread: it names no day, or one that is past or too far ahead.
    """
    today = max(offer.today, answer.day)
    if reader.asks(answer.text, answer.language):
        raise QuestionBack(Saying("payment_plan.first_day"))
    on = reader.day(answer.text, answer.language, today)
    if on is None:
        raise Misread(Saying("talk.misread_day"))
    if on < today:
        raise Misread(Saying("promise.past"))
    if on > today + _FIRST_WITHIN:
        raise Misread(Saying("promise.too_late", {"latest": today + _FIRST_WITHIN}))
    return on


def smallest_that_fits(offer: PlanOffer, often: Frequency = Frequency.MONTHLY) -> Money:
    """The smallest instalment that is allowed and also ends in time, in whole units where it can."""
    currency = offer.balance.currency
    needed, unit = -(-offer.balance.minor // often.most(offer.longest)), minor_units(1, currency)
    return Money(max(_floor(offer, often).minor, -(-needed // unit) * unit), currency)


def _floor(offer: PlanOffer, often: Frequency) -> Money:
    """The least instalment that comes to the policy's smallest in a month, in whole units by the week."""
    unit = minor_units(1, offer.balance.currency) if often.weeks else 1
    return Money(-(-often.each(offer.smallest.minor) // unit) * unit, offer.balance.currency)


def _named_day(
    answer: Answer, reader: Reader, offer: PlanOffer, often: Frequency
) -> tuple[int, date | None, date | None]:
    """The pay day or first day in the words of a wish, and the local day they were said; none if unsure."""
    today = max(offer.today, answer.day)
    if often.weeks:
        on = reader.day(answer.text, answer.language, today)
        return 0, on if on and today <= on <= today + _FIRST_WITHIN else None, today
    if reader.count(answer.text, answer.language) is not None:
        return 0, None, today  # a bare number is the amount or the months
    return reader.day_of_month(answer.text, answer.language) or 0, None, today


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
        raise Misread(Saying("payment_plan.too_small", {"smallest": offer.smallest, "often": "monthly"}))
    return wish


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


def _adds_up(wish: Wish, amount: Money, offer: PlanOffer) -> bool:
    """Whether so many months of this amount come to the balance, the last instalment being what remains."""
    return instalments_for(offer.balance.minor, amount.minor) == wish.count(offer.balance)


def _not_too_small(wish: Wish, offer: PlanOffer) -> Wish:
    share = wish.amount if wish.months is None else offer.balance.minor // wish.count(offer.balance)
    small = share is not None and wish.often.in_a_month(share) < offer.smallest.minor
    if small and not wish.too_long(offer):
        floor = _floor(offer, wish.often)
        raise Misread(Saying("payment_plan.too_small", {"smallest": floor, "often": wish.often.value}))
    return wish
