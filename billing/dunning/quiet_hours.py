"""Contact hours: the first moment a message may leave, by the recipient's local time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from billing.calendar import is_holiday

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, time

    from billing.policy import Window

_LOOK_AHEAD_DAYS = 21


def first_open(
    window: Window, zones: Iterable[str], moment: datetime, prefers: tuple[time, time] | None = None
) -> datetime | None:
    """The first moment (UTC), not before ``moment``, outside the quiet hours of every zone.

    Conflicting signs of the recipient's place (area code, address) all apply: 12 CFR 1006.6(b)(1),
    Supplement I. No zone at all, or windows that never meet, gives ``None``: the message is held.
    ``prefers`` are the hours the recipient asked for: they narrow every day, and close a day they do not
    meet. Hours that meet no day of the week are ignored.
    """
    known = frozenset(zones)
    return _first_open(window, known, moment, _kept(window, prefers)) if known else None


def meets(window: Window, prefers: tuple[time, time]) -> bool:
    """Whether these hours overlap the window on any day of the week."""
    return any(_narrowed(window.on(weekday), prefers) for weekday in range(7))


def widest(window: Window) -> tuple[time, time]:
    """The earliest opening and the latest closing hour of the week."""
    days = [hours for hours in map(window.on, range(7)) if hours]
    return min(opens for opens, _ in days), max(closes for _, closes in days)


@lru_cache(maxsize=1024)
def _kept(window: Window, prefers: tuple[time, time] | None) -> tuple[time, time] | None:
    return prefers if prefers and meets(window, prefers) else None


@lru_cache(maxsize=8192)
def _first_open(
    window: Window, zones: frozenset[str], moment: datetime, prefers: tuple[time, time] | None
) -> datetime | None:
    """Cached: a run asks for the same moment for every person."""
    known = sorted(zones)
    # From zone to zone until all are open at once; each step moves to the latest opening among them.
    found = moment
    while found - moment < timedelta(days=_LOOK_AHEAD_DAYS):
        latest = max(_open_in(window, ZoneInfo(zone), found, prefers) for zone in known)
        if latest == found:
            return found
        found = latest
    return None


def closes_at(
    window: Window, zones: Iterable[str], moment: datetime, prefers: tuple[time, time] | None = None
) -> datetime | None:
    """When quiet hours begin after ``moment`` (UTC), in the zone where they begin first.

    None if it is closed or no zone is known. A carrier must not deliver a held message after that.
    """
    known = set(zones)
    if first_open(window, known, moment, prefers) != moment:
        return None
    kept = _kept(window, prefers)
    return min(_closing_in(window, ZoneInfo(zone), moment, kept) for zone in known)


def _closing_in(
    window: Window, zone: ZoneInfo, moment: datetime, prefers: tuple[time, time] | None
) -> datetime:
    day = moment.astimezone(zone).date()
    hours = _narrowed(_hours(window, day), prefers)
    assert hours is not None
    return datetime.combine(day, hours[1], tzinfo=zone).astimezone(UTC)


def _open_in(window: Window, zone: ZoneInfo, moment: datetime, prefers: tuple[time, time] | None) -> datetime:
    """The first open moment in one zone; the end of the look-ahead if none opens."""
    local = moment.astimezone(zone)
    for offset in range(_LOOK_AHEAD_DAYS + 2):
        day = local.date() + timedelta(days=offset)
        hours = _narrowed(_hours(window, day), prefers)
        if hours is None:
            continue
        # Local hours are turned into UTC day by day: on the days of a clock change the window shifts by an
        # hour.
        opens, closes = (datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in hours)
        if moment < closes:
            return max(moment, opens)
    return moment + timedelta(days=_LOOK_AHEAD_DAYS)


def _narrowed(hours: tuple[time, time] | None, prefers: tuple[time, time] | None) -> tuple[time, time] | None:
    if hours is None or prefers is None:
        return hours
    opens, closes = max(hours[0], prefers[0]), min(hours[1], prefers[1])
    return (opens, closes) if opens < closes else None


def _hours(window: Window, day: date) -> tuple[time, time] | None:
    if _closed(window.holidays, window.eves, day):
        return None
    return window.on(day.weekday())


@lru_cache(maxsize=4096)
def _closed(country: str, eves: tuple[str, ...], day: date) -> bool:
    return is_holiday(day, country, eves)
