"""Quiet hours: the first moment a message may leave, in every zone the person may be in."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import policy
from billing.calendar import is_holiday
from billing.dunning.quiet_hours import closes_at, first_open, meets
from billing.policy import DAYS, Window
from tests.builders import moment

SE, US = policy.load("se").window, policy.load("us").window
QUARTER = timedelta(minutes=15)
ZONES = [
    "Europe/Stockholm", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "Asia/Kathmandu",
    "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati", "America/St_Johns", "UTC",
]  # fmt: skip


def _open(window: Window, zone: str, at: datetime) -> bool:
    """Whether the wall clock in a zone stands within the window: written apart from the code under test."""
    local = at.astimezone(ZoneInfo(zone))
    hours = window.on(local.weekday())
    closed = is_holiday(local.date(), window.holidays, window.eves)
    return hours is not None and not closed and hours[0] <= local.time() < hours[1]


def _window(days: set[str], hours: list[tuple[time, time]], country: str) -> Window:
    given_days = dict(zip(sorted(days), hours, strict=False))
    return Window.model_validate({"source": "test", "holidays": country, **given_days})


half_hours = st.lists(st.integers(8, 44), min_size=2, max_size=2, unique=True).map(
    lambda pair: (time(min(pair) // 2, min(pair) % 2 * 30), time(max(pair) // 2, max(pair) % 2 * 30))
)
windows = st.builds(
    _window,
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.lists(half_hours, min_size=7, max_size=7),
    st.sampled_from(["", "SE", "US"]),
)
zones = st.sets(st.sampled_from(ZONES), min_size=1, max_size=3)
moments = st.integers(0, 366 * 96).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * QUARTER)


@given(windows, zones, moments)
def test_the_moment_found_is_open_in_every_zone(window: Window, where: set[str], at: datetime) -> None:
    """What is found is not before the moment asked about, and lies in the window of every zone."""
    found = first_open(window, where, at)
    if found is not None:
        assert at <= found < at + timedelta(days=22)
        assert all(_open(window, zone, found) for zone in where)


@settings(max_examples=30)
@given(windows, zones, moments)
def test_nothing_earlier_is_open_everywhere(window: Window, where: set[str], at: datetime) -> None:
    """Every quarter of an hour before the moment found, or without end, is closed somewhere."""
    found = first_open(window, where, at) or at + timedelta(days=20)
    while at < found:
        assert not all(_open(window, zone, at) for zone in where)
        at += QUARTER


@given(windows, zones, moments)
def test_asking_at_an_open_moment_gives_it_back(window: Window, where: set[str], at: datetime) -> None:
    """The answer is settled: asked again at the moment found, it is that moment."""
    found = first_open(window, where, at)
    assert found is None or found == first_open(window, where, found)


def test_zones_far_apart_leave_what_they_share() -> None:
    """From Honolulu to New York, eight in the morning in the west is the first common moment."""
    found = first_open(US, {"Pacific/Honolulu", "America/New_York"}, moment("2026-06-01 00:30"))
    assert moment("2026-06-01 08:00", "Pacific/Honolulu") == found


def test_windows_that_never_meet_hold_the_message() -> None:
    """Office hours in Stockholm and in Auckland never overlap, so no moment is found."""
    hours = dict.fromkeys(DAYS, ("09:00", "16:00"))
    window = Window.model_validate({"source": "test", **hours})
    assert first_open(window, {"Europe/Stockholm", "Pacific/Auckland"}, moment("2026-06-01 00:00")) is None


def test_a_window_closed_for_weeks_holds_the_message() -> None:
    """Where every day for three weeks and more is a closed day, no moment is found."""
    january = [f"01-{number:02}" for number in range(1, 32)]
    window = Window.model_validate({"source": "test", "mon": ("09:00", "16:00"), "eves": january})
    assert first_open(window, {"UTC"}, moment("2026-01-02 12:00")) is None
    assert moment("2026-02-02 09:00") == first_open(window, {"UTC"}, moment("2026-01-20 12:00"))


def test_an_unknown_zone_holds_the_message() -> None:
    """Where nobody knows what time it is, nothing leaves."""
    assert first_open(US, (), moment("2026-06-01 12:00")) is None


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2026-06-18 21:00", "2026-06-22 08:00"),  # Midsummer Eve and Day, then Sunday
        ("2026-12-23 20:00", "2026-12-28 08:00"),  # Christmas Eve to Boxing Day, then Sunday
        ("2026-12-30 20:00", "2027-01-02 10:00"),  # New Year's Eve and Day, then Saturday's hours
        ("2026-04-02 20:00", "2026-04-04 10:00"),  # Good Friday
        ("2026-11-28 14:59", "2026-11-28 14:59"),  # Saturday before three
        ("2026-11-28 15:00", "2026-11-30 08:00"),  # Saturday after three, then Sunday
    ],
)
def test_swedish_holidays_are_closed(asked: str, opens: str) -> None:
    """On holidays, eves and Sundays nothing leaves in Sweden."""
    zone = "Europe/Stockholm"
    assert moment(opens, zone) == first_open(SE, {zone}, moment(asked, zone))


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2026-03-08 09:00", "2026-03-08 12:00"),  # spring forward: 8 o'clock is 12 UTC again
        ("2026-03-07 09:00", "2026-03-07 13:00"),
        ("2026-11-01 09:00", "2026-11-01 13:00"),  # fall back
        ("2026-10-31 09:00", "2026-10-31 12:00"),
    ],
)
def test_the_wall_clock_counts_on_the_days_clocks_change(asked: str, opens: str) -> None:
    """The window opens at eight by the person's clock, before and after it was changed."""
    assert moment(opens) == first_open(US, {"America/New_York"}, moment(asked))


def test_the_window_closes_on_time_when_the_clock_went_back() -> None:
    """At eight in the evening after the clocks went back it is the next morning's turn."""
    zone = "America/New_York"
    last = moment("2026-11-01 19:59", zone)
    assert last == first_open(US, {zone}, last)
    assert moment("2026-11-02 08:00", zone) == first_open(US, {zone}, moment("2026-11-01 20:00", zone))


def test_no_two_moments_found_go_backwards() -> None:
    """Asking later never gives an earlier moment."""
    asked = [moment("2026-03-27 00:00") + n * timedelta(hours=1) for n in range(24 * 6)]
    found = [first_open(SE, {"Europe/Stockholm", "Asia/Kolkata"}, at) for at in asked]
    assert all(one and other and one <= other for one, other in pairwise(found))


def test_the_window_closes_where_it_closes_first() -> None:
    """Of two zones in which somebody may be the earlier evening counts."""
    window = US
    hours = window.on(0)
    assert hours is not None
    noon = moment("2026-03-02 13:00", "America/New_York")
    closing = closes_at(window, ["America/New_York", "America/Los_Angeles"], noon)
    assert closing == moment(f"2026-03-02 {hours[1]:%H:%M}", "America/New_York")


def test_a_closed_window_closes_never() -> None:
    """At night, and where nobody knows the hour, there is no closing to wait for."""
    window = US
    assert closes_at(window, ["America/New_York"], moment("2026-03-02 03:00", "America/New_York")) is None
    assert closes_at(window, [], moment("2026-03-02 13:00")) is None


def test_the_hours_somebody_prefers_close_the_window_earlier() -> None:
    """Who wants to be written to until noon gets nothing that may arrive after noon."""
    window, zone = US, "America/New_York"
    at = moment("2026-03-02 11:00", zone)
    assert closes_at(window, [zone], at, (time(9), time(12))) == moment("2026-03-02 12:00", zone)


def test_a_day_that_never_meets_the_hours_somebody_prefers_is_closed() -> None:
    """Whoever asked for late afternoons gets nothing on a Saturday morning, but on Monday at four."""
    window, zone = policy.load("generic").window, "Europe/London"
    saturday = moment("2026-08-01 11:00", zone)
    late = (time(16), time(19))
    assert first_open(window, [zone], saturday, late) == moment("2026-08-03 16:00", zone)
    assert closes_at(window, [zone], saturday, late) is None


def test_hours_that_no_day_meets_cannot_be_kept() -> None:
    """Four in the morning is never allowed: then the policy alone counts, and nobody is cut off."""
    window, zone = US, "America/New_York"
    night = (time(4), time(5))
    assert not meets(window, night)
    at = moment("2026-03-02 11:00", zone)
    assert first_open(window, [zone], at, night) == at
    assert closes_at(window, [zone], at, night) == closes_at(window, [zone], at)
