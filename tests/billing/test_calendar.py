"""Days: local ones, bank days, birthdays, months."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import calendar
from tests.builders import day, moment

STOCKHOLM = ZoneInfo("Europe/Stockholm")
EVES = ("12-24", "12-31", "midsummer")
days = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def test_the_day_is_that_of_the_place() -> None:
    """Late in the evening in UTC it is tomorrow in Stockholm and still today in New York."""
    late = moment("2026-06-30 23:30")
    assert day("2026-07-01") == calendar.local_day(late, STOCKHOLM)
    assert day("2026-06-30") == calendar.local_day(late, ZoneInfo("America/New_York"))


@given(days, st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kathmandu", "America/Havana"]))
def test_a_day_begins_at_its_first_moment(on: date, zone: str) -> None:
    """A day begins in that day, and an hour earlier it was the day before, also when clocks change."""
    start = calendar.start_of_day(on, ZoneInfo(zone))
    assert on == calendar.local_day(start, ZoneInfo(zone))
    before = calendar.local_day(start - timedelta(hours=1, microseconds=1), ZoneInfo(zone))
    assert on - timedelta(days=1) == before


@pytest.mark.parametrize(
    ("born", "on", "minor"),
    [
        ("2008-06-15", "2026-06-14", True),
        ("2008-06-15", "2026-06-15", False),
        ("2008-02-29", "2026-02-28", True),
        ("2008-02-29", "2026-03-01", False),
        ("1950-01-01", "2026-01-01", False),
    ],
)
def test_who_is_eighteen_is_of_age(born: str, on: str, minor: bool) -> None:
    """One is a minor to the day before the eighteenth birthday; a leap-day child's is on 1 March."""
    assert minor is calendar.is_minor(day(born), day(on))


def test_an_unknown_birth_date_is_an_adults() -> None:
    """Nobody is taken for a child without a birth date that says so."""
    assert not calendar.is_minor(None, day("2026-01-01"))


@given(days, st.integers(-60, 60), st.one_of(st.none(), st.integers(1, 31)))
def test_months_later_is_that_month_and_the_wanted_day(on: date, months: int, wanted: int | None) -> None:
    """The month is exactly so many away; the day is the wanted one or the last of a shorter month."""
    later = calendar.add_months(on, months, wanted)
    assert months == (later.year - on.year) * 12 + later.month - on.month
    assert min(wanted or on.day, monthrange(later.year, later.month)[1]) == later.day


def test_a_leap_day_years_later_is_the_last_of_february() -> None:
    """Three years after 29 February is 28 February."""
    assert day("2027-02-28") == calendar.add_years(day("2024-02-29"), 3)


@pytest.mark.parametrize(
    ("on", "holiday"),
    [
        ("2026-06-19", True),  # Midsummer Eve, a Friday
        ("2026-06-26", False),  # the Friday after
        ("2026-06-18", False),
        ("2026-12-24", True),
        ("2026-12-25", True),
        ("2026-12-31", True),
        ("2026-04-03", True),  # Good Friday
        ("2026-04-05", True),  # Easter Sunday
        ("2026-04-12", False),  # an ordinary Sunday is a matter of the weekday
        ("2026-11-24", False),
    ],
)
def test_swedish_holidays_and_eves(on: str, holiday: bool) -> None:
    """Holidays and the named eves are closed days; ordinary Sundays are left to the weekday rules."""
    assert holiday is calendar.is_holiday(day(on), "SE", EVES)


def test_no_country_has_no_holidays() -> None:
    """Without a country not even New Year is a holiday."""
    assert not calendar.is_holiday(day("2026-01-01"), "")
    assert frozenset() == calendar.public_holidays("", 2026)


def test_bank_days_go_round_weekends_and_holidays() -> None:
    """Four bank days after the Wednesday before Easter 2026 is the Thursday after it."""
    assert day("2026-04-09") == calendar.add_bank_days(day("2026-04-01"), 4, "SE", EVES)
    assert day("2026-04-01") == calendar.add_bank_days(day("2026-04-01"), 0, "SE", EVES)


@given(days, st.integers(1, 15))
def test_the_nth_bank_day_is_one_and_the_nth(on: date, count: int) -> None:
    """The result is a bank day, and exactly so many bank days lie between."""
    found = calendar.add_bank_days(on, count, "SE", EVES)
    assert calendar.is_bank_day(found, "SE", EVES)
    between = [on + timedelta(days=n) for n in range(1, (found - on).days + 1)]
    assert count == sum(calendar.is_bank_day(one, "SE", EVES) for one in between)
