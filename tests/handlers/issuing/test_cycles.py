"""Recurring bills of a utility: each period once, missed ones made up for, nothing without a reading."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.bills.bills import BillState
from billing.bills.subscriptions import (
    MeterReading,
    PriceKind,
    Subscription,
    TariffPrice,
    lines,
    next_on,
    periods,
)
from billing.costs.prices import Price as ListPrice
from billing.payers.claims import Code
from handlers.import_results import UnknownCustomer
from handlers.issuing import cycles
from handlers.people.register import Consent
from storage import tables
from storage.bills import bills, subscriptions
from storage.costs import prices
from tests.issuing import a_billing_world, at_home, bill, issued

if TYPE_CHECKING:
    from storage.database.transaction import Database
    from tests.world import World

START = date(2026, 1, 31)


def _price(code: str, kind: PriceKind, price: str, since: date = date(2025, 1, 1)) -> TariffPrice:
    unit = "kWh" if kind is PriceKind.METERED else ""
    return TariffPrice("home", code, f"The {code}", kind, unit, Decimal(price), "USD", since)


@pytest.fixture
def clinic(database: Database) -> World:
    """A power company with one customer, a fixed fee and a metered price."""
    world = a_billing_world(database)
    at_home(world)
    with world.database.write() as session:
        cycles.add_price(session, _price("net", PriceKind.FIXED, "12.50"))
        cycles.add_price(session, _price("power", PriceKind.METERED, "0.12345"))
        assert cycles.add_subscription(session, Subscription("S1", "ada", "home", 1, START))
    return world


def _reads(world: World, reading_id: str, day: str, quantity: str) -> bool:
    with world.database.write() as session:
        found = MeterReading(reading_id, "S1", "power", date.fromisoformat(day), Decimal(quantity))
        return cycles.add_reading(session, found)


def test_missed_periods_are_made_up_for_each_once(clinic: World) -> None:
    """Run months late: a bill a period, by the prices of its last day, and never a second one."""
    assert _reads(clinic, "R1", "2026-02-15", "100.5")
    assert _reads(clinic, "R2", "2026-02-27", "50")
    assert _reads(clinic, "R3", "2026-03-20", "10")
    assert not _reads(clinic, "R3", "2026-03-20", "10")
    with clinic.database.write() as session:
        cycles.add_price(session, _price("net", PriceKind.FIXED, "15.00", date(2026, 3, 1)))
    done = cycles.cycle(clinic.database, clinic.installation, date(2026, 5, 5), clinic.clock)
    assert done.bills == ("S1-2026-01-31", "S1-2026-02-28")
    assert done.waiting == (("S1", "no reading for 2026-03-31 to 2026-04-29"),)
    first, second = bill(clinic, "S1-2026-01-31"), bill(clinic, "S1-2026-02-28")
    assert first.state is BillState.OPEN
    assert (first.amount, second.amount) == (1250 + 1858, 1500 + 123)
    with clinic.database.read() as session:
        power = bills.charges_of(session, first.id)[1]
    assert (power.quantity, power.unit_amount, power.amount) == ("150.5", 12, 1858)
    assert power.description == "The power (kWh à 0.12345)"
    assert cycles.cycle(clinic.database, clinic.installation, date(2026, 5, 5), clinic.clock).bills == ()
    with clinic.database.write() as session, pytest.raises(cycles.BilledAlready):
        cycles.add_reading(session, MeterReading("R9", "S1", "power", date(2026, 2, 1), Decimal(1)))
    assert issued(clinic) == 2


def test_a_bill_of_a_cycle_is_held_to_the_estimate_given_before(database: Database) -> None:
    """400 or more above it the notice comes that the bill may be disputed, as with any other bill."""
    world = a_billing_world(database, name="us+care")
    world.customer(consents=(Consent(Channel.SMS, date(2026, 2, 25), "signed form"),))
    with world.database.write() as session:
        listed = ListPrice(Code(cycles.SYSTEM, "net"), "MRI", 60_000, "USD", date(2026, 1, 1))
        prices.save_price(session, listed)
        cycles.add_price(session, _price("net", PriceKind.FIXED, "1000.00"))
        cycles.add_subscription(session, Subscription("S1", "ada", "home", 1, date(2026, 3, 5)))
    for text in ("how much is an MRI?", "1980-02-28"):
        said = world.says(text)
    assert "$600.00" in said
    world.later(days=40)
    assert cycles.cycle(world.database, world.installation, date(2026, 4, 10), world.clock).bills == (
        "S1-2026-03-05",
    )
    assert bill(world, "S1-2026-03-05").estimate == 60_000
    assert issued(world) == 1
    world.deliver()
    texts = []
    for _ in range(40):
        world.live(1)
        texts += [message.text for message in world.screen() if "above its estimate" in message.text]
        if texts:
            break
    assert "You may dispute it" in texts[0]


def test_two_cycles_at_once_bill_every_period_once(clinic: World) -> None:
    """Two processes run the cycle: of each period there is one bill."""
    _reads(clinic, "R1", "2026-02-15", "1")
    _reads(clinic, "R2", "2026-03-15", "1")
    made: list[str] = []
    work = [
        threading.Thread(
            target=lambda: made.extend(
                cycles.cycle(clinic.database, clinic.installation, date(2026, 4, 1), clinic.clock).bills
            )
        )
        for _ in range(2)
    ]
    for one in work:
        one.start()
    for one in work:
        one.join()
    assert sorted(made) == ["S1-2026-01-31", "S1-2026-02-28"]
    with clinic.database.read() as session:
        assert len(list(session.scalars(select(tables.SubscriptionPeriod.id)))) == 2


def test_what_cannot_be_billed_waits_and_holds_up_no_other(clinic: World) -> None:
    """No price, another currency: told, while the others are billed; nobody unknown subscribes."""
    clinic.customer("bo", phone="+15035550199")
    clinic.bill("EUR-free", "bo")
    with clinic.database.write() as session:
        cycles.add_subscription(session, Subscription("S2", "bo", "none", 3, START))
        cycles.add_price(
            session, TariffPrice("euro", "x", "X", PriceKind.FIXED, "", Decimal(1), "EUR", START)
        )
        cycles.add_subscription(session, Subscription("S3", "bo", "euro", 1, START, date(2026, 2, 5)))
        with pytest.raises(UnknownCustomer):
            cycles.add_subscription(session, Subscription("S4", "nobody", "home", 1, START))
        with pytest.raises(cycles.UnknownSubscription):
            cycles.add_reading(session, MeterReading("R", "S9", "power", START, Decimal(1)))
    _reads(clinic, "R1", "2026-02-15", "1")
    done = cycles.cycle(clinic.database, clinic.installation, date(2026, 5, 1), clinic.clock)
    assert done.bills == ("S1-2026-01-31",)
    waiting = dict(done.waiting)
    assert "no reading" in waiting["S1"]
    assert "no price" in waiting["S2"]
    assert "currency" in waiting["S3"]
    with clinic.database.read() as session:
        assert subscriptions.billed(session, "S3") == 0


def test_a_subscription_ends_with_its_last_day() -> None:
    """The last period is cut short; after it there is none, and no day to look again."""
    one = Subscription("S", "ada", "home", 3, date(2026, 1, 1), date(2026, 5, 15))
    found = list(periods(one, 0, date(2027, 1, 1)))
    assert [(period.starts_on, period.ends_on) for period in found] == [
        (date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 5, 15)),
    ]  # fmt: skip
    assert [next_on(one, number) for number in range(3)] == [date(2026, 4, 1), date(2026, 5, 16), None]
    (line,) = lines(found[0], [_price("net", PriceKind.FIXED, "10")], []) or []
    assert (line.quantity, line.amount) == ("3", 3000)
