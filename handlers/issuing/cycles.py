"""Recurring bills: each finished period becomes one open bill, once, however late this runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.bills import subscriptions as rules
from billing.bills.bills import BillState
from billing.refusals import Refusal
from handlers.bills import estimated
from handlers.bills.bills import BillRow, add_bill, add_charges
from handlers.context import Context
from handlers.people.register import Charge
from handlers.registered import registered
from storage.bills import subscriptions

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.bills.subscriptions import MeterReading, Period, PricedLine, Subscription, TariffPrice
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

AT_ONCE: Final = 200
SYSTEM: Final = "tariff"
"""The code system of a tariff's codes."""


class UnknownSubscription(Refusal):
    """A meter reading is of a subscription that is not registered."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(
            f"subscription_id: no subscription {subscription_id!r} is registered; import it first"
        )


class BilledAlready(Refusal):
    """A meter reading is in a period of the subscription that is billed already."""

    def __init__(self, read_on: date) -> None:
        super().__init__(
            f"read_on: the period of {read_on} was billed already; correct it with a bill of its own"
        )


@dataclass(frozen=True, slots=True)
class Cycled:
    """What a cycle did: the bills it made, and which subscriptions wait and why."""

    bills: tuple[str, ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()


def add_price(session: Session, price: TariffPrice) -> bool:
    """Register a tariff price for recurring bills; returns True if it was new."""
    return subscriptions.keep_price(session, price)


def add_subscription(session: Session, found: Subscription) -> bool:
    """Save a subscription (a recurring bill) or its end; returns True if it was new.

    Raises:
        UnknownCustomer: no customer has this id.
    """
    registered(session, found.customer_id, "customer_id")
    return subscriptions.save_subscription(
        session, found, rules.next_on(found, subscriptions.billed(session, found.id))
    )


def add_reading(session: Session, reading: MeterReading) -> bool:
    """Register a meter reading of a subscription; returns True if it was new.

    Raises:
        UnknownSubscription: the subscription is not registered.
        BilledAlready: its period was billed.
    """
    if subscriptions.find(session, reading.subscription_id) is None:
        raise UnknownSubscription(reading.subscription_id)
    last = subscriptions.billed_until(session, reading.subscription_id)
    if last and reading.read_on <= last and not _known(session, reading):
        raise BilledAlready(reading.read_on)
    return subscriptions.keep_reading(session, reading)


def cycle(database: Database, installation: Installation, day: date, clock: Clock) -> Cycled:
    """Bill every period that is over before a day; missed ones too, a bill each, oldest first."""
    done, after = Cycled(), ""
    while True:
        with database.read() as session:
            found = subscriptions.due(session, day, AT_ONCE, after)
        if not found:
            return done
        for subscription_id in found:
            more = _one(database, installation, subscription_id, day, clock)
            done = Cycled((*done.bills, *more.bills), (*done.waiting, *more.waiting))
        after = found[-1]


def _one(
    database: Database, installation: Installation, subscription_id: str, day: date, clock: Clock
) -> Cycled:
    """One subscription in a transaction of its own: what is refused there waits, and holds up no other."""
    try:
        with database.write() as session:
            return _catch_up(Context(session, installation, clock), subscription_id, day)
    except Refusal as refusal:
        return Cycled(waiting=((subscription_id, str(refusal)),))


def _catch_up(context: Context, subscription_id: str, day: date) -> Cycled:
    """Every period of one subscription that can be billed, in one transaction."""
    one = subscriptions.find(context.session, subscription_id)
    assert one is not None
    prices = subscriptions.prices(context.session, one.tariff)
    count, made = subscriptions.billed(context.session, one.id), Cycled()
    for period in rules.periods(one, count, day):
        try:
            prices_then = rules.prices_on(prices, one.tariff, period.ends_on)
        except rules.NoTariffPrice as refusal:
            made = replace(made, waiting=((one.id, str(refusal)),))
            break
        read = subscriptions.readings(context.session, one.id, period.starts_on, period.ends_on)
        lines = rules.lines(period, prices_then, read)
        if lines is None:
            made = replace(
                made, waiting=((one.id, f"no reading for {period.starts_on} to {period.ends_on}"),)
            )
            break
        bill_id = _bill(context, one, period, lines, prices_then[0].currency)
        made = replace(made, bills=(*made.bills, bill_id))
        count += 1
    subscriptions.look_next(context.session, one.id, rules.next_on(one, count))
    return made


def _bill(context: Context, one: Subscription, period: Period, lines: list[PricedLine], currency: str) -> str:
    """One period as an open bill: the billing run issues it."""
    bill_id = f"{one.id}-{period.starts_on:%Y-%m-%d}"
    row = BillRow(
        bill_id,
        one.customer_id,
        issued_on=period.ends_on,
        due_on=period.ends_on,
        currency=currency,
        total=sum(line.amount for line in lines),
        description=f"{one.tariff} {period.starts_on.isoformat()} - {period.ends_on.isoformat()}",
        state=BillState.OPEN,
    )
    add_bill(context, row)
    charges = [
        Charge(
            f"{bill_id}-{position}",
            bill_id,
            position,
            period.ends_on,
            SYSTEM,
            line.code,
            line.description,
            line.quantity,
            line.unit_amount,
            line.amount,
        )
        for position, line in enumerate(lines, start=1)
    ]
    add_charges(context.session, charges)
    estimated.bound(context.session, [bill_id])
    subscriptions.bill_period(context.session, one.id, period, bill_id, context.now)
    return bill_id


def _known(session: Session, reading: MeterReading) -> bool:
    kept = subscriptions.readings(session, reading.subscription_id, reading.read_on, reading.read_on)
    return any(one.id == reading.id for one in kept)
