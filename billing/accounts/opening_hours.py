"""The creditor's opening hours, and how long something takes that only goes on while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from billing.calendar import is_holiday

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_LOOK_AHEAD_DAYS: Final = 366

DayHours: TypeAlias = "tuple[time, time] | None"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When somebody is at the desk, by weekday from Monday, in local time; None is a closed day.

    The default is our choice: Monday to Friday, nine to five.
    """

    days: tuple[DayHours, ...] = ((time(9), time(17)),) * 5 + (None, None)

    def on(self, day: date, country: str, eves: tuple[str, ...]) -> DayHours:
        """The hours of a day; None on the public holidays of ``country`` and on ``eves``."""
        return None if _closed(day, country, eves) else self.days[day.weekday()]


def after_open_hours(
    hours: float, now: datetime, opening: OpeningHours, zone: ZoneInfo, country: str, eves: tuple[str, ...]
) -> datetime:
    """The moment (UTC) when the desk has been open for so many hours since ``now`` (UTC)."""
    left, moment = timedelta(hours=hours), now
    first = now.astimezone(zone).date()
    for offset in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=offset)
        found = opening.on(day, country, eves)
        if found is None:
            continue
        # Day by day in UTC: on the days of a clock change the hours shift by one.
        opens, closes = (datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in found)
        begin = max(moment, opens)
        if begin + left <= closes:
            return begin + left
        left -= max(closes - begin, timedelta())
    return now + timedelta(days=_LOOK_AHEAD_DAYS)


@lru_cache(maxsize=4096)
def _closed(day: date, country: str, eves: tuple[str, ...]) -> bool:
    try:
        return is_holiday(day, country, eves)
    except NotImplementedError:
        return is_holiday(day, "", eves)  # a country without a table of holidays
