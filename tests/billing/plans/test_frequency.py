"""How often instalments come: what that is a month, and where they go when a month is skipped."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.plans.frequency import Frequency
from billing.plans.plans import Instalment, Plan, begun_after, paused, pay_off, resumed
from tests.builders import day

BY_WEEKS = [Frequency.WEEKLY, Frequency.EVERY_TWO_WEEKS]


@given(
    st.integers(1, 10**6), st.integers(100, 10**5), st.dates(day("2020-01-01"), day("2040-12-31")),
    st.sampled_from(BY_WEEKS),
)  # fmt: skip
def test_instalments_by_the_week_begin_on_the_day_that_was_named_and_add_up(
    balance: int, amount: int, after: date, often: Frequency
) -> None:
    """The first comes on the day after, each on the same weekday so many weeks later, all of the balance."""
    found = pay_off(balance, amount, 0, after, often)
    days = [one.due_on for one in found]
    assert after + timedelta(days=1) == days[0]
    assert {timedelta(weeks=often.weeks)} >= {later - earlier for earlier, later in pairwise(days)}
    assert balance == sum(one.amount for one in found)


@pytest.mark.parametrize(
    ("often", "amount", "monthly", "most"),
    [
        (Frequency.MONTHLY, 2500, 2500, 12),
        (Frequency.EVERY_TWO_WEEKS, 1200, 2600, 26),
        (Frequency.WEEKLY, 600, 2600, 52),
    ],
)
def test_a_floor_a_month_is_held_against_a_month(
    often: Frequency, amount: int, monthly: int, most: int
) -> None:
    """A year has 52 weeks: six a week are 26 a month, and a year of them is 52 instalments."""
    assert (monthly, most) == (often.in_a_month(amount), often.most(12))
    assert often.in_a_month(often.each(2500)) >= 2500 > often.in_a_month(often.each(2500) - 1)


def _plan(*days: str) -> Plan:
    parts = tuple(Instalment(number, day(one), 100) for number, one in enumerate(days, 1))
    return Plan(1, "a1", 100 * len(days), parts, ("b1",))


@pytest.mark.parametrize(
    ("days", "after_a_month"),
    [
        (["2026-03-31", "2026-04-30", "2026-05-31"], ["2026-04-30", "2026-05-31", "2026-06-30"]),
        (["2026-01-31", "2026-02-28"], ["2026-02-28", "2026-03-31"]),
        (["2026-03-06", "2026-03-13"], ["2026-04-03", "2026-04-10"]),
        (["2026-03-06", "2026-03-20", "2026-04-03"], ["2026-04-03", "2026-04-17", "2026-05-01"]),
        (["2026-03-10", "2026-03-25"], ["2026-04-10", "2026-04-25"]),
    ],
)
def test_a_skipped_month_keeps_the_day(days: list[str], after_a_month: list[str]) -> None:
    """Day 31 stays 31 where a month has it, a Friday stays a Friday, and days of one's own stay."""
    plan = _plan(*days)
    assert after_a_month == [one.due_on.isoformat() for one in paused(plan, plan.amount)]


def test_a_paid_instalment_shows_the_pay_day_of_those_that_move() -> None:
    """After the one of 31 March was paid, the one of 30 April goes on to 31 May, and to 31 July."""
    plan = _plan("2026-03-31", "2026-04-30")
    assert day("2026-05-31") == paused(plan, 100)[-1].due_on
    assert day("2026-07-31") == resumed(plan, 100, day("2026-06-30"))[-1].due_on
    assert day("2026-03-31") == begun_after(plan.instalments, day("2026-03-01"))[0].due_on
