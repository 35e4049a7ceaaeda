"""The book of a day: how old what is owed is, how it moves, what is kept, answered and recovered."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from billing.calendar import local_day, start_of_day
from billing.ledger.aging import SPANS
from billing.ledger.collection_figures import collection_effectiveness, days_sales_outstanding
from billing.refusals import Refusal
from storage.desk import book_days, book_facts
from storage.desk.book_facts import NEW, SETTLED, Between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from handlers.context import Context
    from storage.desk.book_facts import Roll, SentInHour

PERIOD: Final = 30
"""Days over which figures are counted; outstanding sales over three times as many."""
_LONG: Final = 90


class DayNotOver(Refusal):
    """The book of a day that is not over is asked for."""

    def __init__(self, day: date) -> None:
        super().__init__(f"the book of {day} can be written once the day is over: ask for an earlier one")


def yesterday(context: Context) -> date:
    """The last day that is over, local to the creditor."""
    return local_day(context.now, context.creditor.zone) - timedelta(days=1)


def of_day(context: Context, day: date) -> dict[str, Any]:
    """The figures of a day: as the night wrote them, else counted now; at most nine statements.

    Raises:
        DayNotOver: it is not over.
    """
    if day > yesterday(context):
        raise DayNotOver(day)
    return book_days.find(context.session, day) or figures(context, day)


def figures(context: Context, day: date) -> dict[str, Any]:
    """The figures of a day (local to the creditor) over the 30 days that end with it. Amounts in minor units.

    ``rolls`` are bills by their span 30 days before and now. ``answered`` counts messages after which a text
    came within 72 hours, by the creditor's local hour. ``recovered`` are payments after a reminder level.
    """
    session, zone = context.session, context.creditor.zone
    first = day - timedelta(days=PERIOD - 1)
    time = Between(first, day, start_of_day(first, zone), start_of_day(day + timedelta(days=1), zone))
    moved: dict[str, list[Roll]] = defaultdict(list)
    for roll in book_facts.rolls(session, day, day - timedelta(days=PERIOD)):
        moved[roll.currency].append(roll)
    asked = {one.currency: one for one in book_facts.asked(session, day, PERIOD, _LONG)}
    by_currency = {}
    for currency in sorted(moved):
        bills = asked.get(currency)
        by_currency[currency] = _money(
            moved[currency], bills.short if bills else 0, bills.long if bills else 0
        )
        by_currency[currency]["recovered"] = []
    for one in book_facts.recovered(session, time):
        row = {"level": one.level, "payments": one.payments, "amount": one.amount}
        by_currency.setdefault(one.currency, {}).setdefault("recovered", []).append(row)
    return {
        "day": day.isoformat(),
        "period_days": PERIOD,
        "currencies": by_currency,
        "promises": book_facts.promises(session, time),
        "plans": book_facts.plans(session, time),
        "opt_outs": book_facts.opt_outs(session, time),
        "answers": list(_answers(book_facts.sent(session, time), zone)),
    }


def _money(moved: Iterable[Roll], asked: int, asked_long: int) -> dict[str, Any]:
    aging = dict.fromkeys(SPANS, 0)
    rolls, before = [], 0
    for roll in moved:
        if roll.after != SETTLED:
            aging[roll.after] += roll.owed
        if roll.before not in {NEW, SETTLED}:
            before += roll.owed_before
            row = {"before": roll.before, "after": roll.after, "bills": roll.bills}
            rolls.append({**row, "owed_before": roll.owed_before, "owed": roll.owed})
    owed = sum(aging.values())
    return {
        "aging": aging,
        "owed": owed,
        "asked": asked,
        "days_sales_outstanding": days_sales_outstanding(owed, asked_long, _LONG),
        "collection_effectiveness": collection_effectiveness(before, asked, owed, aging["not_due"]),
        "rolls": rolls,
    }


def _answers(sent: Iterable[SentInHour], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    found: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for one in sent:
        hour = datetime.strptime(one.hour, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(zone).hour
        counts = found[one.channel, hour]
        counts[0] += one.sent
        counts[1] += one.answered
    for (channel, hour), (count, answered) in sorted(found.items()):
        yield {"channel": channel, "hour": hour, "sent": count, "answered": answered}
