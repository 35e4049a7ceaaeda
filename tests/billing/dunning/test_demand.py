"""A written demand: what it must say, and what of a bill is capital, interest and costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import policy
from billing.accounts.creditor import Creditor
from billing.calendar import is_bank_day
from billing.dunning.demand import (
    BookedInterest,
    DemandFacts,
    DemandLine,
    IncompleteDemand,
    last_day_to_answer,
)
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money

if TYPE_CHECKING:
    from typing import Any

DAY = date(2026, 3, 2)
CLINIC = Creditor("Nordhamns klinik", address=("Hamngatan 1", "111 47 Stockholm"))
TERMS = BookedInterest(
    Money(493, "SEK"),
    Decimal("10.00"),
    Money(60000, "SEK"),
    date(2026, 2, 1),
    date(2026, 3, 2),
    "räntelag (1975:635) 6 §",
)


def _entry(kind: EntryKind, minor: int) -> Entry:
    return Entry("a", kind, Money(minor, "SEK"), DAY, "s0", "B1")


def _line(**more: Any) -> DemandLine:
    money = {"principal": Money(60000, "SEK"), "interest": Money(493, "SEK"), "costs": Money(18000, "SEK")}
    known: dict[str, Any] = {
        "bill_id": "B1",
        "reference": "0000182",
        "issued_on": DAY,
        "due_on": DAY,
        "what": "Visit",
    }
    return DemandLine(**(known | money | {"accrued": (TERMS,)} | more))


def _demand(**more: Any) -> DemandFacts:
    known: dict[str, Any] = {
        "creditor": CLINIC,
        "debtor": "Åsa Öberg",
        "lines": (_line(),),
        "dated_on": DAY,
        "final": True,
    }
    return DemandFacts(**(known | {"answer_by": DAY + timedelta(days=14)} | more))


def test_interest_is_kept_with_its_terms_and_read_back() -> None:
    """Rate, base and period travel in the rule of the entry."""
    entry = replace(_entry(EntryKind.INTEREST, 493), rule=TERMS.as_rule())
    assert BookedInterest.of_entry(entry) == TERMS
    assert BookedInterest.of_entry(replace(entry, rule="räntelag 6 §")) is None
    assert BookedInterest.of_entry(replace(entry, kind=EntryKind.FEE)) is None


def test_a_complete_demand_adds_up() -> None:
    """Each part, and all of them, over all bills."""
    second = _line(bill_id="B2", interest=Money(0, "SEK"), costs=Money(0, "SEK"), accrued=())
    found = _demand(lines=(_line(), second))
    assert (found.principal.minor, found.interest.minor, found.costs.minor) == (120000, 493, 18000)
    assert found.total == Money(138493, "SEK")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"debtor": " "}, "record a name"),
        ({"lines": ()}, "nothing is owed"),
        ({"lines": (_line(what=""),)}, "what it is for"),
        ({"lines": (_line(accrued=()),)}, "rate, base and period"),
        ({"lines": (_line(reference=""),)}, "no payment reference"),
        ({"lines": (_line(principal=Money(-1, "SEK")),)}, "look at its entries"),
        ({"creditor": replace(CLINIC, address=())}, "set name and address"),
        ({"creditor": replace(CLINIC, name="")}, "set name and address"),
        ({"answer_by": DAY + timedelta(days=7)}, "too little time"),
    ],
)
def test_an_incomplete_demand_cannot_be_made(more: dict[str, Any], sentence: str) -> None:
    """Whatever is missing is named, with what to do."""
    with pytest.raises(IncompleteDemand, match=sentence):
        _demand(**more)


def test_a_reminder_may_say_less() -> None:
    """What the law asks of a collection demand it does not ask of a reminder."""
    assert _demand(final=False, lines=(_line(what="", accrued=()),)).total.minor == 78493


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(1, 30), st.sampled_from(["SE", "US", ""]))
def test_there_is_always_time_to_answer(posted_on: date, least: int, country: str) -> None:
    """At least eight days from posting, and four bank days after it can have arrived."""
    last = last_day_to_answer(posted_on, least, country)
    assert last >= posted_on + timedelta(days=max(least, 8))
    days = (posted_on + timedelta(days=n) for n in range(1, (last - posted_on).days + 1))
    assert sum(is_bank_day(day, country) for day in days) >= 8


def test_eves_are_no_bank_days_where_the_policy_says_so() -> None:
    """A demand posted on 22 December counts neither Christmas Eve nor New Year's Eve in Sweden."""
    posted_on = date(2026, 12, 22)
    assert last_day_to_answer(posted_on, 0, "SE", policy.load("se").eves) == date(2027, 1, 8)
    assert last_day_to_answer(posted_on, 0, "SE") == date(2027, 1, 5)
