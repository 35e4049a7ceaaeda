"""Payment plans: schedules that add up, kept or broken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.calendar import add_months
from billing.plans.plans import (
    Instalment,
    NothingToSpread,
    Plan,
    PlanProgress,
    PlanState,
    instalments_for,
    pay_off,
    progress,
    spread,
)
from tests.builders import day

if TYPE_CHECKING:
    from collections.abc import Callable

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
pay_days = st.integers(1, 31)


def _is_a_schedule(found: tuple[Instalment, ...], pay_day: int, after: date) -> None:
    """One a month, numbered, on the pay day or the last of a shorter month, beginning within a month."""
    assert list(range(1, len(found) + 1)) == [one.number for one in found]
    assert after < found[0].due_on <= add_months(after, 1, 31)
    earlier = add_months(found[0].due_on, -1, pay_day)
    assert earlier <= after
    months = [one.due_on.year * 12 + one.due_on.month for one in found]
    assert list(range(months[0], months[0] + len(found))) == months
    for one in found:
        last = (one.due_on + timedelta(days=1)).day == 1
        assert one.due_on.day == pay_day or (last and one.due_on.day < pay_day)


@given(st.integers(1, 10**8), st.integers(1, 60), pay_days, days)
def test_a_balance_is_spread_evenly_and_to_the_cent(
    balance: int, count: int, pay_day: int, after: date
) -> None:
    """The instalments add up to the balance, differ by a cent at most, and fall monthly on the pay day."""
    found = spread(balance, count, pay_day, after)
    amounts = [one.amount for one in found]
    assert (balance, count) == (sum(amounts), len(amounts))
    assert max(amounts) - min(amounts) <= 1
    assert sorted(amounts, reverse=True) == amounts
    _is_a_schedule(found, pay_day, after)


@given(st.integers(1, 10**6), st.integers(10**4, 10**6), pay_days, days)
def test_a_monthly_amount_pays_off_the_balance(balance: int, monthly: int, pay_day: int, after: date) -> None:
    """Every instalment is the chosen amount but the last: what remains, never nothing, hardly ever more."""
    found = pay_off(balance, monthly, pay_day, after)
    amounts = [one.amount for one in found]
    assert (balance, instalments_for(balance, monthly)) == (sum(amounts), len(amounts))
    assert {monthly} >= set(amounts[:-1])
    assert 0 < amounts[-1] * 10 <= monthly * 11
    assert len(amounts) == 1 or monthly < amounts[-1] * 10
    _is_a_schedule(found, pay_day, after)


@pytest.mark.parametrize(("balance", "by"), [(0, 3), (-5, 3), (100, 0), (100, -1)])
@pytest.mark.parametrize("make", [spread, pay_off])
def test_nothing_is_spread_over_nothing(
    make: Callable[[int, int, int, date], tuple[Instalment, ...]], balance: int, by: int
) -> None:
    """A plan without a balance, or without instalments, is refused."""
    with pytest.raises(NothingToSpread, match="balance above zero"):
        make(balance, by, 25, day("2026-01-30"))


def test_the_first_pay_day_comes_after_the_agreement() -> None:
    """Agreed on the pay day itself, the first instalment is a month later."""
    assert [day("2026-02-25"), day("2026-03-25")] == [
        one.due_on for one in spread(200, 2, 25, day("2026-01-25"))
    ]
    assert [day("2026-01-31"), day("2026-02-28"), day("2026-03-31")] == [
        one.due_on for one in spread(300, 3, 31, day("2026-01-30"))
    ]


PLAN = Plan(1, "a1", 30000, spread(30000, 3, 25, day("2026-01-30")), ("b1",))


@pytest.mark.parametrize(
    ("still_owed", "today", "state", "number", "again"),
    [
        (30000, "2026-02-01", PlanState.ACTIVE, 1, "2026-03-03"),
        (30000, "2026-03-02", PlanState.ACTIVE, 1, "2026-03-03"),  # the last day of grace
        (30000, "2026-03-03", PlanState.BROKEN, 1, "2026-03-03"),
        (20001, "2026-03-03", PlanState.BROKEN, 1, "2026-03-03"),  # a cent short
        (20000, "2026-03-03", PlanState.ACTIVE, 2, "2026-03-31"),
        (5000, "2026-03-30", PlanState.ACTIVE, 3, "2026-05-01"),  # paid ahead
        (35000, "2026-02-01", PlanState.ACTIVE, 1, "2026-03-03"),  # a correction made it more
    ],
)
def test_a_plan_is_measured_by_what_was_paid(
    still_owed: int, today: str, state: PlanState, number: int, again: str
) -> None:
    """The first instalment not reached is the next one; its day of grace going by breaks the plan."""
    found = progress(PLAN, still_owed, day(today), grace_days=5)
    expected = PLAN.instalments[number - 1], day(again)
    assert state == found.state
    assert expected == (found.next_instalment, found.look_again_on)
    assert sum(one.amount for one in PLAN.instalments[:number]) == PLAN.amount - still_owed + found.missing


@pytest.mark.parametrize("still_owed", [0, -100])
def test_a_plan_with_nothing_left_is_completed(still_owed: int) -> None:
    """Paid to the end, or beyond it, a plan is done however late it is."""
    assert PlanProgress(PlanState.COMPLETED, None, None) == progress(PLAN, still_owed, day("2030-01-01"), 5)


def test_a_plan_whose_instalments_are_paid_waits_for_nothing() -> None:
    """When every instalment was reached and something is still owed, no instalment is left to miss."""
    short = Plan(1, "a1", 30000, PLAN.instalments[:2], ("b1",))
    assert PlanProgress(PlanState.ACTIVE, None, None) == progress(short, 10000, day("2026-12-01"), 5)


@given(st.integers(1, 10**6), st.integers(1, 24), pay_days, days, st.data())
def test_who_pays_on_time_never_breaks_a_plan(
    balance: int, count: int, pay_day: int, after: date, data: st.DataObject
) -> None:
    """Paying each instalment by its day keeps the plan active until it is completed."""
    plan = Plan(1, "a1", balance, spread(balance, count, pay_day, after), ("b1",))
    today = data.draw(st.dates(after, plan.instalments[-1].due_on + timedelta(days=60)))
    paid = sum(one.amount for one in plan.instalments if one.due_on <= today)
    state = progress(plan, balance - paid, today, grace_days=0).state
    assert (PlanState.COMPLETED if paid == balance else PlanState.ACTIVE) == state
