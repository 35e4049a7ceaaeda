"""Promises to pay: open, kept, broken."""

from __future__ import annotations

import pytest

from billing.plans.promises import Promise, PromiseState, last_day, promise_state
from tests.builders import day

PROMISE = Promise(1, "a1", amount=20000, due_on=day("2026-03-06"), balance_then=50000)


@pytest.mark.parametrize(
    ("balance_now", "today", "state"),
    [
        (50000, "2026-03-06", PromiseState.OPEN),
        (50000, "2026-03-09", PromiseState.OPEN),  # the bank's days of grace
        (50000, "2026-03-10", PromiseState.BROKEN),
        (30001, "2026-03-10", PromiseState.BROKEN),  # a cent short
        (30000, "2026-03-10", PromiseState.KEPT),
        (30000, "2026-03-01", PromiseState.KEPT),
        (60000, "2026-03-05", PromiseState.OPEN),  # a new bill came
    ],
)
def test_a_promise_is_open_kept_or_broken(balance_now: int, today: str, state: PromiseState) -> None:
    """Enough money keeps it at any time; the last day of grace going by without it breaks it."""
    assert state == promise_state(PROMISE, balance_now, day(today), grace_days=3)


def test_owing_nothing_keeps_any_promise() -> None:
    """Somebody whose bill was credited has broken no word."""
    more = Promise(1, "a1", amount=90000, due_on=day("2026-03-06"), balance_then=50000)
    assert promise_state(more, 0, day("2026-12-31"), grace_days=0) == PromiseState.KEPT


def test_money_has_its_days_on_the_way() -> None:
    """The last day is the promised one and the days of grace."""
    assert day("2026-03-09") == last_day(PROMISE, 3)
