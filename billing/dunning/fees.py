"""Fees and interest, each with the legal authority that allows it; none without one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from billing.dunning.demand import BookedInterest as Terms
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, exponent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from billing.accounts.channels import Channel
    from billing.policy import Fee, HalfYear, InterestRules, Level, Policy

_DAYS_A_YEAR = 365
_BORROWED = frozenset({EntryKind.FEE, EntryKind.INTEREST})


@dataclass(frozen=True, slots=True)
class InterestSpan:
    """Interest, beside the fees, on one principal over days with one yearly rate; both days count."""

    since: date
    until: date
    principal: int
    percent: Fraction
    amount: Fraction
    """In minor units, not rounded yet."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """The circumstances of the reminder that a fee comes with."""

    channel: Channel
    day: date
    """The local day it is dispatched."""
    currency: str
    fee_agreed: bool
    """Whether the customer agreed to fees no later than the debt arose."""
    complete: bool
    """Whether the demand holds every field that the law requires."""
    serves: bool = False
    """Whether the customer is in military service: 50 USC 3937 caps their interest."""
    frozen: tuple[tuple[date, date], ...] = ()
    """Days, both inclusive, on which a moratorium forbids fees and interest."""
    charged: bool = False
    """Whether the fee was charged already with what is demanded of the customer that day."""


def fee_due(policy: Policy, fee_id: str, occasion: Occasion, entries: Sequence[Entry]) -> Money | None:
    """The fee of a reminder, if every condition of its authority is met; None otherwise.

    At most ``most_per_bill`` times, once for all that is demanded on a day unless the authority allows one a
    bill, only with all conditions met, and only in the currency of the authority (docs/proof.md, invariants
    27 to 30). The caller checks that the due date has passed.
    """
    fee = policy.fee(fee_id) if fee_id else None
    if fee is None or fee.currency != occasion.currency or fee.amount <= 0:
        return None
    if any(since <= occasion.day <= until for since, until in occasion.frozen):
        return None
    if fee.channels and occasion.channel not in fee.channels:
        return None
    met = {
        "fee_agreed_at_origin": occasion.fee_agreed,
        "complete_demand": occasion.complete,
        "business": False,
    }
    if not all(met[need] for need in fee.needs):
        return None
    if (occasion.charged and fee.each == "day") or _charged(fee, entries) >= fee.most_per_bill:
        return None
    return Money(int(fee.amount * 10 ** exponent(fee.currency)), fee.currency)


def fee_to_agree(policy: Policy) -> Money | None:
    """The highest reminder fee that the customer must agree to beforehand; None if no fee needs that."""
    fees = [
        Money(int(fee.amount * 10 ** exponent(fee.currency)), fee.currency)
        for fee in policy.fees
        if fee.on and fee.kind == "reminder" and "fee_agreed_at_origin" in fee.needs and fee.amount > 0
    ]
    return max(fees, key=lambda fee: fee.minor, default=None)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reminder adds to a bill: a fee, or interest of one span, named by its first day ``since``."""

    kind: EntryKind
    amount: Money
    rule: str
    since: str = ""


def costs(
    policy: Policy, level: Level, occasion: Occasion, entries: Sequence[Entry], due_on: date
) -> Iterator[Cost]:
    """The fee and interest that a message of a level adds to one bill.

    No fee on the due date itself: the bill may still be paid in time on that day.
    """
    fee = fee_due(policy, level.fee, occasion, entries) if occasion.day > due_on else None
    listed = policy.fee(level.fee) if fee else None
    if fee and listed:
        yield Cost(EntryKind.FEE, fee, listed.authority)
    rules = policy.interest if level.interest else None
    accrued = interest_due(
        rules, entries, due_on, occasion.day, capped=occasion.serves, frozen=occasion.frozen
    )
    for terms in accrued:
        yield Cost(EntryKind.INTEREST, terms.amount, terms.as_rule(), str(terms.since))


def charged(policy: Policy, fee_id: str, entries: Sequence[Entry]) -> bool:
    """Whether a fee stands among ``entries``, those of one day or message; reversed ones do not count."""
    fee = policy.fee(fee_id) if fee_id else None
    return fee is not None and _charged(fee, entries) > 0


def _charged(fee: Fee, entries: Sequence[Entry]) -> int:
    """How often a fee is booked on a bill, without reversed ones."""
    back = {entry.reverses for entry in entries if entry.reverses}
    return sum(entry.rule == fee.authority and entry.id not in back for entry in entries)


def interest_due(
    rules: InterestRules | None,
    entries: Sequence[Entry],
    due_on: date,
    until: date,
    *,
    capped: bool = False,
    frozen: Sequence[tuple[date, date]] = (),
) -> list[Terms]:
    """Accrued interest up to ``until`` (inclusive) that is not booked yet, with its terms.

    One amount for each span of one principal and one rate, from the day after the last booked one. Each is
    rounded down, so that rounding never costs the customer anything. ``capped`` limits the rate to the
    policy's ``at_most_percent``, for military service (50 USC 3937). Days of a moratorium (``frozen``, both
    inclusive) bear nothing.
    """
    if rules is None or not rules.on:
        return []
    if not capped:
        rules = rules.model_copy(update={"at_most_percent": None})
    terms = [Terms.of_entry(entry) for entry in _not_reversed(entries)]
    booked_until = max((known.until for known in terms if known), default=due_on)
    currency = entries[0].amount.currency if entries else ""
    found = []
    for span in spans(rules, entries, max(booked_until, due_on), until, frozen):
        if int(span.amount) > 0:
            base, amount = Money(span.principal, currency), Money(int(span.amount), currency)
            rate = Decimal(span.percent.numerator) / span.percent.denominator
            found.append(Terms(amount, rate, base, span.since, span.until, rules.authority))
    return found


def spans(
    rules: InterestRules,
    entries: Sequence[Entry],
    after: date,
    until: date,
    frozen: Sequence[tuple[date, date]] = (),
) -> Iterator[InterestSpan]:
    """The spans of a bill's interest: simple, from the day after ``after``, never on fees.

    The principal is what was owed on each day without fees and interest. A payment lowers it from the day of
    booking, a bounced one raises it from the day after: both in the customer's favour. Days without a
    reference rate bear nothing (räntelag 6 and 9 §§).
    """
    day, debts = after + timedelta(days=1), [(_counts_from(entry), entry) for entry in _debts(entries)]
    marks = sorted({since for since, _ in debts if day < since <= until})
    for begin, end in zip([day, *marks], [*(mark - timedelta(days=1) for mark in marks), until], strict=True):
        principal = sum(entry.amount.minor for since, entry in debts if since <= begin)
        if principal > 0 and begin <= end:
            for first, last in _open_days(begin, end, frozen):
                yield from _by_rate(rules, principal, first, last)


def _open_days(begin: date, end: date, frozen: Sequence[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """The days from ``begin`` to ``end`` without the frozen ones, as periods; all days are inclusive."""
    for since, until in sorted(frozen):
        if begin < since:
            yield begin, min(end, since - timedelta(days=1))
        begin = max(begin, until + timedelta(days=1))
        if begin > end:
            return
    if begin <= end:
        yield begin, end


def _counts_from(entry: Entry) -> date:
    """The first day on which an entry counts for interest: the day after for what raises the debt."""
    return entry.booked_on + timedelta(days=entry.amount.minor > 0)


def _by_rate(rules: InterestRules, principal: int, begin: date, end: date) -> Iterator[InterestSpan]:
    for row in rules.rates:
        since, until = max(begin, row.since), min(end, row.until)
        if since <= until:
            # 365 also in leap years; fractions, so that nothing is rounded before the end of the span.
            percent = _percent(rules, row)
            days = (until - since).days + 1
            yield InterestSpan(
                since, until, principal, percent, principal * percent * days / 100 / _DAYS_A_YEAR
            )


def _percent(rules: InterestRules, row: HalfYear) -> Fraction:
    full = Fraction(row.percent) + Fraction(rules.add_percent)
    return full if rules.at_most_percent is None else min(full, Fraction(rules.at_most_percent))


def _debts(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of the principal: without fees, interest, and their reversals."""
    added = {entry.id for entry in entries if entry.kind in _BORROWED} - {None}
    return [entry for entry in entries if entry.kind not in _BORROWED and entry.reverses not in added]


def _not_reversed(entries: Sequence[Entry]) -> list[Entry]:
    back = {entry.reverses for entry in entries if entry.reverses}
    return [entry for entry in entries if entry.id not in back and entry.kind is not EntryKind.REVERSAL]
