"""Help that was granted reaches the bills that are issued while it runs: once each, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from billing.bills.bills import BillState
from billing.costs.aid import AidState
from billing.policy import load
from bot.importing.intake import import_paths
from handlers.aid import decisions as desk
from handlers.ledger import assistance
from storage import tables
from storage.costs import aid
from storage.costs.aid import Application
from storage.ledger import ledger
from tests.issuing import a_billing_world, issued, proposed, served
from tests.issuing import bill as issued_bill
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database
    from tests.world import World

POLICY = """
extends = "us+nonprofit_hospital"
[poverty_line]
source = "the operator's table of the year"
currency = "USD"
one = 15000
each_more = 5000
[[aid_programmes]]
source = "our financial assistance policy"
id = "charity"
name = "Charity care"
steps = [{up_to = 200, off = 100}, {up_to = 400, off = 50}]
[prompt_pay]
source = "our choice"
percent = 10
within_days = 10
"""


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """A hospital with a programme that issues its bills, and a customer."""
    file = tmp_path / "mine.toml"
    file.write_text(POLICY)
    world = a_billing_world(database, name="us")
    world.installation = replace(world.installation, policy=load(str(file)))
    world.customer()
    return world


def granted(world: World, percent: int = 50, number: int | None = None, programme: str = "charity") -> int:
    """A person grants help: an application's number."""
    with world.database.write() as session:
        if number is None:
            wanted = Application("ada", world.now, "USD", 2, 3_600_000, state=AidState.COMPLETE)
            number = aid.ask(session, wanted)
            assert number
        desk.grant(world.context(session), number, programme, percent, "rep", "fits")
    return number


def helped(world: World, bill_id: str) -> list[int]:
    """Every entry of help on a bill, those that were taken back too."""
    with world.database.read() as session:
        found = ledger.of_bill(session, bill_id)
    return [one.amount.minor for one in found if (one.rule or "").startswith("aid:")]


def imported(world: World, folder: Path, bill_id: str, row: str) -> None:
    """A bill that another system issued comes with a file; twice."""
    file = folder / "bills.csv"
    head = "bill_id,customer_id,issued_on,due_on,currency,amount,total"
    file.write_text(f"{head}\n{bill_id},ada,{row}\n")
    for again in (0, 1):
        counts = import_paths(world.database, world.installation, [file], "csv", world.clock).counts["bills"]
        assert (counts.new, counts.same) == (1 - again, again)


def test_a_bill_that_is_issued_while_help_runs_is_helped_once(world: World) -> None:
    """The run proposes what is left, books it as it issues, and promises a discount of that only."""
    granted(world)
    served(world)
    _, found = proposed(world)
    assert found["B1"].amount == 30_000
    assert helped(world, "B1") == []
    with world.database.write() as session:
        session.execute(update(tables.BillingRun).values(state="withdrawn"))
        session.execute(update(tables.Bill).values(state=BillState.OPEN.value))
    assert issued(world) == 1
    assert (world.owed_by_bill(), helped(world, "B1")) == ({"B1": 30_000}, [-30_000])
    assert issued_bill(world).amount == 30_000
    promised = issued_bill(world).promised
    assert promised
    assert promised.off == 3_000


def test_all_of_it_off_leaves_nothing_to_send(world: World) -> None:
    """The bill is closed with its help booked; it asks for nothing and is never sent."""
    granted(world, 100)
    served(world)
    assert issued(world) == 0
    assert (world.owed_by_bill(), issued_bill(world).state) == ({}, BillState.CLOSED)
    assert helped(world, "B1") == [-60_000]


def test_help_is_of_what_payers_left(world: World) -> None:
    """Half of the person's share, not of the price."""
    granted(world)
    served(world, covered=(("blue", 40_000),))
    issued(world)
    assert world.owed_by_bill() == {"B1": 10_000}


def test_help_ends_with_the_day_it_is_to_be_renewed(world: World) -> None:
    """From that day on nothing is taken off; renewed, what was helped before stays as it was."""
    number = granted(world)
    served(world, "B1")
    issued(world)
    world.later(days=366)
    served(world, "B2")
    issued(world)
    assert (helped(world, "B1"), helped(world, "B2")) == ([-30_000], [])
    granted(world, 100, number)
    assert (helped(world, "B1"), helped(world, "B2")) == ([-30_000], [-60_000])
    served(world, "B3")
    issued(world)
    assert helped(world, "B3") == [-60_000]
    assert world.owed_by_bill() == {"B1": 30_000}


def test_help_that_is_taken_back_reaches_no_later_bill(world: World) -> None:
    """Denied after all: what it took off is owed again, and the next bill is whole."""
    number = granted(world)
    served(world, "B1")
    issued(world)
    with world.database.write() as session:
        desk.close(world.context(session), number, AidState.DENIED, "rep", "income was wrong")
    served(world, "B2")
    issued(world)
    assert world.owed_by_bill() == {"B1": 60_000, "B2": 60_000}


def test_deciding_anew_while_it_runs_helps_no_bill_twice(world: World) -> None:
    """From half to all and back: each bill has the last share off, whenever it was issued."""
    number = granted(world)
    served(world, "B1")
    issued(world)
    granted(world, 75, number)
    assert world.owed_by_bill() == {"B1": 15_000}
    granted(world, 25, number)
    assert world.owed_by_bill() == {"B1": 45_000}


def test_a_second_application_tops_up_and_never_adds(world: World) -> None:
    """Half by one decision and three quarters by another are three quarters."""
    granted(world)
    served(world, "B1")
    issued(world)
    granted(world, 75)
    assert world.owed_by_bill() == {"B1": 15_000}
    served(world, "B2")
    issued(world)
    assert world.owed_by_bill() == {"B1": 15_000, "B2": 15_000}


def test_a_bill_from_another_system_is_helped_as_it_is_imported(world: World, tmp_path: Path) -> None:
    """A file that comes twice helps once; money of theirs that is too much by then is given back."""
    granted(world)
    imported(world, tmp_path, "B1", "2026-03-02,2026-04-01,USD,600.00,600.00")
    assert world.owed_by_bill() == {"B1": 30_000}
    world.pays("B1", 60_000)
    assert world.owed_by_bill() == {None: -30_000}
    imported(world, tmp_path, "B2", "2026-03-02,2026-04-01,USD,400.00,400.00")
    assert (world.owed_by_bill(), helped(world, "B2")) == ({None: -10_000}, [-20_000])
    assert {case.kind for case in world.queue()} >= {"refund"}


def test_a_bill_of_before_the_decision_is_not_helped_by_import(world: World, tmp_path: Path) -> None:
    """That is for whoever decides: help runs from the decision."""
    granted(world)
    imported(world, tmp_path, "B0", "2026-02-01,2026-03-01,USD,100.00,100.00")
    assert world.owed_by_bill() == {"B0": 10_000}


def test_a_bill_that_is_not_issued_yet_is_helped_by_the_run_only(world: World) -> None:
    """An import of one that we are to issue takes nothing off: that is for when it is issued."""
    granted(world)
    served(world)
    with world.database.write() as session:
        assistance.reach_imported(world.context(session), "B1")
        assistance.reach_imported(world.context(session), "nothing")
    assert world.owed_by_bill() == {"B1": 60_000}


def a_region(database: Database) -> World:
    """A Swedish region: a parent who answers for two children, and whose own fees are theirs."""
    world = a_billing_world(database, name="se+care")
    world.customer(country="SE", region="", phone="+46701740605")
    for name, born in (("kid", date(2015, 5, 5)), ("sis", date(2012, 3, 3))):
        world.customer(name, phone="", birth_date=born, guarantor_id="ada")
    return world


def visit(world: World, bill_id: str, customer_id: str, day: date, amount: int = 60_000) -> None:
    """A patient fee of a day."""
    served(world, bill_id, customer_id, amount)
    with world.database.write() as session:
        mine = tables.Charge.bill_id == bill_id
        session.execute(update(tables.Charge).where(mine).values(service_on=day))


def test_children_of_a_family_share_a_ceiling_and_a_parent_has_their_own(database: Database) -> None:
    """1,400 for both children together, whose bill is issued last; the parent's fees count by themselves."""
    world = a_region(database)
    granted(world, 1, programme="frikort")
    day = date(2026, 2, 2)
    for number, who in enumerate(("kid", "sis", "ada", "ada")):
        visit(world, f"B{number}", who, day + timedelta(days=number))
    assert issued(world) == 4
    visit(world, "B4", "kid", day + timedelta(days=9))
    issued(world)
    assert world.owed_by_bill() == {"B2": 60_000, "B3": 60_000}
    assert world.owed_by_bill("sis") == {"B1": 60_000}
    assert world.owed_by_bill("kid") == {"B0": 60_000, "B4": 20_000}


def test_an_earlier_visit_that_is_billed_last_lowers_the_later_one(database: Database) -> None:
    """The ceiling goes by the days of the visits, and is hit exactly."""
    world = a_region(database)
    granted(world, 1, programme="frikort")
    for number in (1, 2):
        visit(world, f"B{number}", "ada", date(2026, 2, 10 + number))
    issued(world)
    visit(world, "B0", "ada", date(2026, 2, 1))
    issued(world)
    assert world.owed_by_bill() == {"B0": 60_000, "B1": 60_000, "B2": 20_000}


def test_a_policy_that_has_the_programme_no_more_helps_nobody(world: World) -> None:
    """What was granted stays; later bills are whole."""
    granted(world)
    served(world, "B1")
    issued(world)
    world.installation = replace(world.installation, policy=an_installation("us").policy)
    served(world, "B2")
    issued(world)
    assert world.owed_by_bill()["B2"] == 60_000
