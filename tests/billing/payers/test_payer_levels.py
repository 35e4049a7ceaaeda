"""A payer's ladder: in order, never crowded, in office hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from billing.calendar import is_bank_day
from billing.payers.payer_levels import (
    CLOSES,
    LEAST_WAIT,
    OPENS,
    TakenReminder,
    first_office_hour,
    next_on,
    under_way,
)

FILED = date(2026, 1, 1)
ZONE = ZoneInfo("Europe/Stockholm")


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=5, unique=True).map(sorted),
    st.lists(st.integers(0, 40), min_size=5, max_size=5),
)
def test_steps_come_in_order_and_as_far_apart_as_agreed(days: list[int], late: list[int]) -> None:
    """However late each step goes out, the next never comes sooner after it than the terms have between."""
    taken: list[TakenReminder] = []
    for number, lag in enumerate(late[: len(days)], 1):
        found, due = next_on(FILED, days, taken)
        assert found == number
        assert due >= FILED + timedelta(days=days[number - 1])
        if taken and taken[-1].on:
            assert due - taken[-1].on >= timedelta(days=days[number - 1] - days[number - 2])
        taken.append(TakenReminder(number, due + timedelta(days=lag)))
    number, desk = next_on(FILED, days, taken)
    last = taken[-1].on
    assert last is not None
    assert number == len(days) + 1
    assert desk >= last + LEAST_WAIT


def test_a_step_on_its_way_is_waited_for() -> None:
    """Nothing more is due while nobody knows what became of a step."""
    assert not under_way([TakenReminder(1, FILED)])
    assert under_way([TakenReminder(1, FILED), TakenReminder(2, None)])


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_offices_are_open_when_it_leaves(moment: datetime) -> None:
    """The first office hour is a bank day's, between eight and five, and is now when they are open now."""
    found = first_office_hour(moment, ZONE, "SE", ("12-24", "midsummer"))
    local = found.astimezone(ZONE)
    assert found >= moment
    assert is_bank_day(local.date(), "SE", ("12-24", "midsummer"))
    assert OPENS <= local.time() < CLOSES
    assert first_office_hour(found, ZONE, "SE", ("12-24", "midsummer")) == found
