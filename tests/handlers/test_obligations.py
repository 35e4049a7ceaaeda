"""What somebody accepts beforehand is what allows a reminder fee on later bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.claims import Code
from billing.fees import fee_to_agree
from billing.money import Money
from billing.policy import load
from billing.prices import Price
from handlers.payers import planning
from handlers.payers.planning import ServiceRow
from handlers.register import BillRow, Charge, add_bill, add_charges
from storage import bills, prices, tables
from tests.world import CLINIC, World, a_house

if TYPE_CHECKING:
    from storage.transaction import Database

VISIT = Code("local", "visit")


def a_world(database: Database, policy: str = "se") -> World:
    """A Swedish provider with one price, and a customer who is to come in a week."""
    creditor = replace(CLINIC, country="SE", zone=ZoneInfo("Europe/Stockholm"))
    world = World(database, replace(a_house(policy), creditor=creditor))
    world.customer(country="SE", region="", phone="+46701740605", language="en")
    day = world.now.date() + timedelta(days=7)
    with database.write() as session:
        prices.keep(session, Price(VISIT, "Visit", 90_000, "SEK", date(2026, 1, 1)))
        planning.add(session, world.house, ServiceRow("S1", "ada", day, *_pair()), world.now)
    return world


def _pair() -> tuple[str, str]:
    return VISIT.system, VISIT.code


def accepts(world: World) -> str:
    """The customer asks what it costs, hears the obligation, and accepts it; what was said before that."""
    for text in ("what does a visit cost?", "1980-02-28"):
        said = world.says(text, "+46701740605")
    world.says("I accept", "+46701740605")
    return said


def kept(world: World) -> list[tuple[str, str]]:
    """What was accepted, by kind and words."""
    with world.database.read() as session:
        row = tables.Acceptance
        return [(kind, text) for kind, text in session.execute(select(row.kind, row.text).order_by(row.id))]


def bill(world: World, bill_id: str, issued_on: date, service_on: date | None = None) -> bool:
    """A bill is registered; whether it may carry a fee."""
    with world.database.write() as session:
        row = BillRow(bill_id, "ada", issued_on, issued_on + timedelta(days=30), "SEK", 90_000)
        add_bill(session, row, world.now)
        if service_on:
            line = Charge(f"c{bill_id}", bill_id, 1, service_on, *_pair(), "Visit", "1", 90_000, 90_000)
            add_charges(session, [line])
    with world.database.read() as session:
        found = bills.find(session, bill_id)
    assert found
    return found.fee_agreed


def test_the_fee_is_stated_before_a_service_and_kept_as_it_was_shown(database: Database) -> None:
    """Before the first planned service it is asked once; the words that were shown are what is kept."""
    world = a_world(database)
    said = accepts(world)
    ((kind, text),) = kept(world)
    assert kind == "reminder_fee"
    assert "60" in text
    assert text in said
    assert "reminder" not in world.says("what does a visit cost?", "+46701740605")


def test_only_an_older_acceptance_allows_a_fee(database: Database) -> None:
    """Not on the day itself, not for a service before it; and without one there is none."""
    world = a_world(database)
    today = world.now.date()
    assert not bill(world, "B0", today + timedelta(days=9))
    accepts(world)
    assert not bill(world, "B1", today)
    assert bill(world, "B2", today + timedelta(days=9))
    assert bill(world, "B3", today + timedelta(days=9), today + timedelta(days=7))
    assert not bill(world, "B4", today + timedelta(days=9), today)


def test_where_no_fee_has_to_be_agreed_nothing_is_asked(database: Database) -> None:
    """A policy without such a fee states none."""
    world = a_world(database, "generic")
    for text in ("what does a visit cost?", "1980-02-28"):
        said = world.says(text, "+46701740605")
    assert "reminder" not in said
    assert fee_to_agree(load("us")) is None
    assert fee_to_agree(load("se")) == Money(6_000, "SEK")
