"""Fees and interest: nothing without an authority, nothing too early, nothing twice, nothing on fees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from billing import policy
from billing.accounts.channels import Channel
from billing.dunning.fees import Occasion, fee_due, spans
from billing.dunning.fees import interest_due as terms_due
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.policy import InterestRules

SE = policy.load("se")
DUE = date(2026, 1, 31)
WRITTEN = Occasion(Channel.LETTER, date(2026, 3, 1), "SEK", fee_agreed=True, complete=True)


def _entry(kind: EntryKind, minor: int, on: date, number: int, rule: str | None = None) -> Entry:
    return Entry("A-1", kind, Money(minor, "SEK"), on, f"e{number}", "B1", rule=rule, id=number)


def interest_due(rules: InterestRules | None, entries: Sequence[Entry], due_on: date, until: date) -> int:
    """What the interest that is due comes to, over all its spans."""
    return sum(terms.amount.minor for terms in terms_due(rules, entries, due_on, until))


CHARGE = _entry(EntryKind.CHARGE, 100000, date(2026, 1, 1), 1)


def test_a_reminder_costs_sixty_where_that_was_agreed() -> None:
    """The Swedish reminder fee is 60 kronor, in writing, once, and only if agreed at the origin."""
    assert fee_due(SE, "reminder", WRITTEN, [CHARGE]) == Money(6000, "SEK")
    assert fee_due(SE, "reminder", replace(WRITTEN, fee_agreed=False), [CHARGE]) is None
    assert fee_due(SE, "reminder", replace(WRITTEN, channel=Channel.SMS), [CHARGE]) is None
    assert fee_due(SE, "reminder", replace(WRITTEN, currency="EUR"), [CHARGE]) is None
    charged = _entry(EntryKind.FEE, 6000, DUE, 2, "lag (1981:739) 2 §, 4 §")
    assert fee_due(SE, "reminder", WRITTEN, [CHARGE, charged]) is None


def test_a_fee_that_was_taken_back_may_be_charged_again() -> None:
    """A returned letter reverses its fee: the next one may carry it."""
    charged = _entry(EntryKind.FEE, 6000, DUE, 2, "lag (1981:739) 2 §, 4 §")
    back = replace(charged.reversal(DUE, "back"), id=3)
    assert fee_due(SE, "reminder", WRITTEN, [CHARGE, charged, back]) == Money(6000, "SEK")


def test_a_demand_costs_nothing_unless_it_is_complete() -> None:
    """The cost of a demand hangs on every field that inkassolagen wants."""
    assert fee_due(SE, "demand", WRITTEN, [CHARGE]) == Money(18000, "SEK")
    assert fee_due(SE, "demand", replace(WRITTEN, complete=False), [CHARGE]) is None


def test_a_fee_that_is_off_or_unknown_costs_nothing() -> None:
    """The plan fee is off; a level without a fee has none."""
    assert fee_due(SE, "plan", WRITTEN, [CHARGE]) is None
    assert fee_due(SE, "", WRITTEN, [CHARGE]) is None


def test_interest_is_simple_and_begins_the_day_after() -> None:
    """1,000 kronor at 10 per cent for 59 days of 2026 are 16.16 kronor, cut to the öre."""
    assert interest_due(SE.interest, [CHARGE], DUE, DUE) == 0
    assert interest_due(SE.interest, [CHARGE], DUE, DUE + timedelta(days=1)) == 27
    assert interest_due(SE.interest, [CHARGE], DUE, date(2026, 3, 31)) == 1616


def test_no_interest_on_fees_nor_on_what_was_paid() -> None:
    """A fee bears nothing, also when it is taken back; a payment stops its part from that day on."""
    fee = _entry(EntryKind.FEE, 6000, date(2026, 2, 10), 2, "rule")
    back = replace(fee.reversal(date(2026, 2, 20), "back"), id=3)
    paid = _entry(EntryKind.PAYMENT, -100000, date(2026, 2, 11), 4)
    until = date(2026, 3, 31)
    alone = interest_due(SE.interest, [CHARGE], DUE, until)
    assert interest_due(SE.interest, [CHARGE, fee], DUE, until) == alone
    assert interest_due(SE.interest, [CHARGE, fee, back], DUE, until) == alone
    assert interest_due(SE.interest, [CHARGE, paid], DUE, until) == 273


def test_money_that_bounced_bears_interest_from_the_day_after() -> None:
    """The day a payment is taken back is still a day without interest."""
    paid = _entry(EntryKind.PAYMENT, -100000, date(2026, 2, 1), 2)
    back = replace(paid.reversal(date(2026, 2, 20), "back"), id=3)
    assert interest_due(SE.interest, [CHARGE, paid, back], DUE, date(2026, 2, 20)) == 0
    assert interest_due(SE.interest, [CHARGE, paid, back], DUE, date(2026, 2, 21)) == 27


def test_a_half_year_without_a_rate_bears_nothing() -> None:
    """From July 2026 no rate is confirmed: interest stands still, unless the rule is switched on by name."""
    june, december = date(2026, 6, 30), date(2026, 12, 31)
    assert interest_due(SE.interest, [CHARGE], DUE, june) == interest_due(
        SE.interest, [CHARGE], DUE, december
    )


def test_a_servicemember_pays_at_most_six_per_cent() -> None:
    """A cap on the yearly rate binds every half-year."""
    assert SE.interest is not None
    capped = SE.interest.model_copy(update={"at_most_percent": 6})
    until = date(2026, 3, 31)
    free, bound = (terms_due(capped, [CHARGE], DUE, until, capped=serves) for serves in (False, True))
    assert [terms.rate for terms in free] == [10]
    assert [terms.rate for terms in bound] == [6]
    assert {span.percent for span in spans(capped, [CHARGE], DUE, date(2026, 3, 31))} == {Fraction(6)}


@given(
    st.lists(st.tuples(st.integers(1, 90_000), st.integers(0, 400)), max_size=6),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_interest_only_grows_with_time_and_is_booked_once(
    paid: list[tuple[int, int]], early: int, late: int
) -> None:
    """Booking a part early and the rest later is never more than booking all later, but for rounding."""
    first, last = sorted((early, late))
    entries = [CHARGE] + [
        _entry(EntryKind.PAYMENT, -amount, DUE + timedelta(days=on), number)
        for number, (amount, on) in enumerate(paid, start=2)
    ]
    then, now = DUE + timedelta(days=first), DUE + timedelta(days=last)
    terms = terms_due(SE.interest, entries, DUE, then)
    booked = [
        _entry(EntryKind.INTEREST, one.amount.minor, then, 99 + number, one.as_rule())
        for number, one in enumerate(terms)
    ]
    part, whole = sum(one.amount.minor for one in terms), interest_due(SE.interest, entries, DUE, now)
    both = part + interest_due(SE.interest, [*entries, *booked], DUE, now)
    assert part <= whole
    assert whole - len(paid) - 3 <= both <= whole
