"""How things are shown on the pages of the desk: moments with their zone, amounts, details, charts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date, format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from billing.ledger.money import Money
from bot.web.desk import charts
from messages.understanding.grammar import locale
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta
    from zoneinfo import ZoneInfo

    from messages.desk_pages import DeskWords

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("pages")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True)
class Showing:
    """Shows things in one language and zone; ``now`` is when the page is made (UTC)."""

    say: DeskWords
    zone: ZoneInfo
    now: datetime

    def moment(self, at: datetime | None) -> Markup:
        """A moment in the creditor's zone, which is named: ``Mar 2, 2026, 10:00 PST``."""
        if at is None:
            return Markup("–")  # noqa: RUF001 - a dash for nothing
        text = format_datetime(at, "d MMM y HH:mm z", tzinfo=self.zone, locale=locale(self.say.language))
        exact = at.astimezone(self.zone).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(exact, text)

    def since(self, at: datetime) -> str:
        """How long ago a moment was, or how long until then: ``3 hours``."""
        return self.span(abs(self.now - at))

    def span(self, long: timedelta) -> str:
        """How long something is: ``3 hours``."""
        return str(format_timedelta(long, threshold=1.2, locale=locale(self.say.language)))

    def money(self, amount: Money) -> str:
        """An amount with its currency."""
        return wording.money(amount, self.say.language)

    def amount(self, minor: int, currency: str) -> str:
        """An amount in minor units with its currency."""
        return self.money(Money(minor, currency))

    def clock(self, at: datetime) -> Markup:
        """The hour and minute of a moment in the creditor's zone; its title names day and zone."""
        there = at.astimezone(self.zone)
        long = format_datetime(at, "d MMM y HH:mm z", tzinfo=self.zone, locale=locale(self.say.language))
        exact = there.isoformat(timespec="seconds")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, long, f"{there:%H:%M}")

    def today(self) -> date:
        """The day in the creditor's zone."""
        return self.now.astimezone(self.zone).date()

    def day_name(self, when: date) -> str:
        """A day with its weekday: ``Monday, 2 March 2026``."""
        return str(format_date(when, "EEEE d MMMM y", locale=locale(self.say.language)))

    def zone_name(self) -> str:
        """The zone of the times on a page."""
        return str(format_datetime(self.now, "zzzz", tzinfo=self.zone, locale=locale(self.say.language)))

    def day(self, when: date) -> str:
        """A day."""
        return wording.short_day(when, self.say.language)

    def detail(self, found: Mapping[str, Any]) -> str:
        """What is written down about something, in one line."""
        return " · ".join(f"{name}: {_plain(value)}" for name, value in found.items())

    def bars(self, title: str, rows: Sequence[tuple[str, float, str]]) -> Markup:
        """A chart of bars: a label, a height and what it is in words, each; a table says the same."""
        return charts.bars(title, rows)

    def line(self, title: str, rows: Sequence[tuple[str, float, str]]) -> Markup:
        """A chart of a line through points: a label, a height and what it is in words, each."""
        return charts.line(title, rows)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
