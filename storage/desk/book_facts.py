"""What the figures of a day are made of: sums over the whole book, each in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, case, func, literal, select

from billing.accounts.snapshot import StepState
from billing.bills.bills import BillState
from billing.ledger.aging import SPANS
from billing.ledger.ledger import EntryKind
from storage import tables

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

SETTLED: Final = "settled"
"""The span of a bill on which nothing is owed any more."""
NEW: Final = "new"
"""The span of a bill that was not there yet."""
ANSWERED_WITHIN: Final = timedelta(hours=72)
_ENDS: Final = (0, 30, 60, 90)


class Roll(NamedTuple):
    """Bills of a currency that were in one span and are in another; amounts in minor units."""

    currency: str
    before: str
    after: str
    bills: int
    owed_before: int
    owed: int


class Recovered(NamedTuple):
    """Payments after a level of reminders, 0 for none; ``amount`` in minor units."""

    currency: str
    level: int
    payments: int
    amount: int


class Asked(NamedTuple):
    """What bills of a currency asked for in a time, in minor units."""

    currency: str
    short: int
    long: int


class SentInHour(NamedTuple):
    """Messages that left in one hour (UTC, as ``2026-03-02 18``), and how many were answered."""

    channel: str
    hour: str
    sent: int
    answered: int


@dataclass(frozen=True, slots=True)
class Between:
    """A time: its days, local to the creditor, both counted, and its moments (UTC)."""

    first: date
    last: date
    begin: datetime
    end: datetime


def rolls(session: Session, now: date, before: date) -> list[Roll]:
    """Every issued bill by its span at the end of two days; one statement."""
    entry, bill = tables.Entry, tables.Bill
    sums = (
        select(
            entry.bill_id,
            func.sum(case((entry.booked_on <= before, entry.amount), else_=0)).label("then_"),
            func.sum(entry.amount).label("now_"),
        )
        .where(entry.booked_on <= now, entry.bill_id.is_not(None))
        .group_by(entry.bill_id)
        .subquery()
    )
    then = case((bill.issued_on > before, NEW), else_=_span(bill.due_on, sums.c.then_, before))
    found = (
        select(
            bill.currency,
            then.label("a"),
            _span(bill.due_on, sums.c.now_, now).label("b"),
            sums.c.then_,
            sums.c.now_,
        )
        .join(sums, sums.c.bill_id == bill.id)
        .where(bill.state == BillState.ISSUED.value)
        .subquery()
    )
    columns = found.c
    rows = session.execute(
        select(
            columns.currency,
            columns.a,
            columns.b,
            func.count(),
            func.sum(columns.then_),
            func.sum(columns.now_),
        )
        .group_by(columns.currency, columns.a, columns.b)
        .order_by(columns.currency, columns.a, columns.b)
    )
    return [Roll(*one[:4], int(one[4]), int(one[5])) for one in rows]


def _span(due_on: Any, owed: Any, as_of: date) -> Any:
    """The span of a bill as :func:`billing.ledger.aging.span` says, for a whole table."""
    late = [
        (due_on >= literal(as_of - timedelta(days=days)), name)
        for days, name in zip(_ENDS, SPANS, strict=False)
    ]
    return case((owed <= 0, SETTLED), *late, else_=SPANS[-1])


def asked(session: Session, last: date, short: int, long: int) -> list[Asked]:
    """What bills asked for in the last so many days, and in the last so many more; one statement."""
    bill = tables.Bill
    since, further = last - timedelta(days=short), last - timedelta(days=long)
    rows = session.execute(
        select(
            bill.currency,
            func.sum(case((bill.issued_on > since, bill.amount), else_=0)),
            func.sum(bill.amount),
        )
        .where(bill.state == BillState.ISSUED.value, bill.issued_on > further, bill.issued_on <= last)
        .group_by(bill.currency)
    )
    return [Asked(currency, int(one), int(two)) for currency, one, two in rows]


def recovered(session: Session, time: Between) -> list[Recovered]:
    """Payments on bills by the highest level of reminders that was heard before; one statement."""
    entry, step = tables.Entry, tables.Step
    level = (
        select(func.coalesce(func.max(step.level), 0))
        .where(step.bill_id == entry.bill_id, step.state == StepState.HEARD.value)
        .where(step.at <= entry.recorded_at)
        .correlate(entry)
        .scalar_subquery()
    )
    paid = (
        select(entry.currency, level.label("level"), entry.amount)
        .where(entry.kind == EntryKind.PAYMENT.value, entry.bill_id.is_not(None))
        .where(entry.booked_on >= time.first, entry.booked_on <= time.last)
        .subquery()
    )
    columns = paid.c
    rows = session.execute(
        select(columns.currency, columns.level, func.count(), -func.sum(columns.amount))
        .group_by(columns.currency, columns.level)
        .order_by(columns.currency, columns.level)
    )
    return [Recovered(currency, level_, count, int(amount)) for currency, level_, count, amount in rows]


def promises(session: Session, time: Between) -> dict[str, int]:
    """Promises whose day was in a time, by what became of them; one statement."""
    row = tables.Promise
    return _counted(session, row.state, and_(row.due_on >= time.first, row.due_on <= time.last))


def plans(session: Session, time: Between) -> dict[str, int]:
    """Plans that ended in a time, by how, and those that run; one statement."""
    row = tables.Plan
    ended = and_(row.ended_at >= time.begin, row.ended_at < time.end)
    return _counted(session, row.state, row.ended_at.is_(None) | ended)


def opt_outs(session: Session, time: Between) -> dict[str, int]:
    """Addresses at which a stop was said in a time, by channel; one statement."""
    row = tables.ContactPoint
    return _counted(session, row.channel, and_(row.stopped_at >= time.begin, row.stopped_at < time.end))


def _counted(session: Session, column: Any, condition: ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(select(column, func.count()).where(condition).group_by(column).order_by(column))
    return {str(name): int(count) for name, count in rows}


def sent(session: Session, time: Between) -> list[SentInHour]:
    """Messages that we began with and that left in a time, by channel and hour; one statement."""
    row, came = tables.Outbox, tables.Inbox
    if session.get_bind().dialect.name == "sqlite":
        hour = func.strftime("%Y-%m-%d %H", row.sent_at)
        until = func.strftime("%Y-%m-%d %H:%M:%f", row.sent_at, f"+{ANSWERED_WITHIN.days} days")
    else:
        hour = func.to_char(func.timezone("UTC", row.sent_at), "YYYY-MM-DD HH24")
        until = row.sent_at + literal(ANSWERED_WITHIN)
    answer = (
        select(literal(1))
        .where(came.contact_point_id == row.contact_point_id)
        .where(came.received_at > row.sent_at, came.received_at <= until)
        .correlate(row)
        .exists()
    )
    left = (
        select(row.channel, hour.label("hour"), case((answer, 1), else_=0).label("answered"))
        .where(row.purpose == "out", row.sent_at >= time.begin, row.sent_at < time.end)
        .subquery()
    )
    columns = left.c
    rows = session.execute(
        select(columns.channel, columns.hour, func.count(), func.sum(columns.answered))
        .group_by(columns.channel, columns.hour)
        .order_by(columns.channel, columns.hour)
    )
    return [SentInHour(channel, hour_, count, int(answered)) for channel, hour_, count, answered in rows]
