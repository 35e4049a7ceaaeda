"""Help with the cost: from the chat to the ledger and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from billing.accounts.holds import HoldKind
from billing.costs.aid import AidState, BeyondTheShare
from billing.ledger.ledger import EntryKind
from billing.policy import load
from handlers.aid import decisions as desk
from handlers.aid.decisions import NoSuchApplication, NoSuchDocument, NoSuchProgramme
from handlers.bills.bills import BillRow, add_bill
from handlers.payers import due
from storage.costs import aid
from storage.desk import escalations
from storage.dunning import holds
from storage.ledger import ledger
from tests.world import CLINIC, World, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database

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
documents = ["a pay stub", "last year's tax return"]
[[aid_programmes]]
source = "state Medicaid"
id = "medicaid"
name = "Medicaid"
kind = "referral"
refer_below = 138
refer_to = "the county office, 555-0100"
"""


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    """A hospital with programmes, and a customer who owes on two bills and has paid on one."""
    file = tmp_path / "mine.toml"
    file.write_text(POLICY)
    world = World(database, an_installation(policy=load(str(file))))
    world.customer()
    world.bill("B1", amount=60_000)
    world.bill("B2", amount=40_000)
    world.pays("B2", 30_000)
    return world


def applies(world: World, household: str = "2", income: str = "3000") -> int:
    """The customer applies by chat; the application's number."""
    for text in ("I can't afford this", "help with the cost", "1980-02-28", household, income, "yes"):
        world.says(text)
    with world.database.read() as session:
        found = aid.open_one(session, "ada")
    assert found
    return found.id


def granted(world: World, number: int, percent: int | None = None, programme: str = "charity") -> int:
    """A person grants it."""
    with world.database.write() as session:
        return desk.grant(world.context(session), number, programme, percent, "rep", "fits")


def owed(world: World) -> dict[str | None, int]:
    """What is owed on each bill; the key None is a credit."""
    with world.database.read() as session:
        return ledger.owed_by_bill(session, ["A-ada"])["A-ada"]


def test_hardship_leads_to_an_application_that_holds_everything(world: World) -> None:
    """Household and income are asked, documents named, demands held, a person is asked to decide."""
    number = applies(world)
    said = world.screen()[-1].text
    assert "a pay stub" in said
    assert "nothing is demanded" in said
    with world.database.read() as session:
        found = aid.find(session, number)
        kinds = {hold.kind for hold in holds.active_holds(session, ["ada"], world.now)["ada"]}
        cases = {case.kind for case in escalations.queue(session)}
    assert found
    assert (found.household, found.income, found.state) == (2, 3_600_000, AidState.ASKED)
    assert found.closes_on is not None
    assert HoldKind.AID_APPLICATION in kinds
    assert "aid" in cases
    world.says("help with the cost")
    assert "being decided" in world.says("3")


def test_who_may_get_medicaid_is_told_where(world: World) -> None:
    """Below the limit the referral is named at once, beside the application."""
    applies(world, "1", "100")
    assert "the county office" in world.screen()[-1].text


def test_documents_make_it_complete(world: World) -> None:
    """Each is noted on its day; one that nobody asked for is refused."""
    number = applies(world)
    with world.database.write() as session:
        half = desk.document_came(world.context(session), number, "a pay stub", "rep")
        whole = desk.document_came(world.context(session), number, "last year's tax return", "rep")
        with pytest.raises(NoSuchDocument, match="a pay stub"):
            desk.document_came(world.context(session), number, "a passport", "rep")
    assert (half.state, whole.state) == (AidState.ASKED, AidState.COMPLETE)


def test_a_grant_takes_off_its_step_and_gives_back_what_was_paid_too_much(world: World) -> None:
    """36,000 a year for two is 180 %: all of it is off; what was paid is a credit and a case to refund."""
    number = applies(world)
    with world.database.read() as session:
        found = aid.find(session, number)
        assert found
        proposed = {one.programme: off for one, off in desk.proposals(world.context(session), found)}
    assert proposed == {"charity": 100_000}
    assert granted(world, number) == 100_000
    assert owed(world) == {None: -30_000}
    with world.database.read() as session:
        entries = [one for one in ledger.of_bill(session, "B1") if one.kind is EntryKind.ADJUSTMENT]
        assert [(one.rule, one.amount.minor) for one in entries] == [("aid:charity", -60_000)]
        assert {case.kind for case in escalations.queue(session)} >= {"refund"}
        assert HoldKind.AID_APPLICATION not in {
            hold.kind for hold in holds.active_holds(session, ["ada"], world.now).get("ada", [])
        }
        after = aid.find(session, number)
    assert after
    assert (after.state, after.percent, after.renew_on) == (AidState.GRANTED, 100, after.look_on)


def test_deciding_anew_reverses_first(world: World) -> None:
    """From all to half: the credit pays what is owed again, and no bill has more than its share off."""
    number = applies(world)
    granted(world, number)
    granted(world, number, 50)
    assert owed(world) == {"B2": 20_000}
    assert sum(owed(world).values()) == 100_000 - 50_000 - 30_000
    with world.database.write() as session:
        desk.close(world.context(session), number, AidState.DENIED, "rep", "income was wrong")
    assert sum(owed(world).values()) == 100_000 - 30_000
    with pytest.raises(BeyondTheShare):
        granted(world, number, 101)


def test_every_round_leaves_charges_payments_and_help_adding_up(world: World) -> None:
    """However often it is decided, the account owes its charges less the money and the last help."""
    number = applies(world)
    for percent, expected in ((30, 30_000), (100, 100_000), (1, 1_000), (99, 99_000)):
        granted(world, number, percent)
        assert sum(owed(world).values()) == 70_000 - expected
        assert all(amount >= 0 for bill, amount in owed(world).items() if bill)


@pytest.mark.parametrize("programme", ["medicaid", "nonsense"])
def test_only_a_programme_that_takes_something_off_is_granted(world: World, programme: str) -> None:
    """A referral grants nothing; an unknown one is named with those there are."""
    number = applies(world)
    with pytest.raises(NoSuchProgramme, match="charity"):
        granted(world, number, programme=programme)


def test_an_income_beyond_every_step_needs_a_percent_of_a_person(world: World) -> None:
    """Nothing is proposed; a person may still decide otherwise."""
    number = applies(world, "1", "9000")
    with pytest.raises(NoSuchProgramme, match="--percent"):
        granted(world, number)
    assert granted(world, number, 10) == 10_000


def test_a_withdrawn_application_is_over(world: World) -> None:
    """It cannot be decided any more, and another may be made."""
    number = applies(world)
    with world.database.write() as session:
        desk.close(world.context(session), number, AidState.WITHDRAWN, "rep", "asked to")
    with pytest.raises(NoSuchApplication):
        granted(world, number)
    assert applies(world) != number


def test_what_waits_and_what_ends_comes_before_the_desk(world: World) -> None:
    """An application that nobody decides, and later a grant that is to be renewed, are cases; each once."""
    number = applies(world)
    world.later(days=15)
    assert due.run(world.database, world.installation, world.clock) == 1
    assert due.run(world.database, world.installation, world.clock) == 0
    assert "aid_decision" in kinds(world)
    granted(world, number)
    assert "aid_decision" not in kinds(world)
    world.later(days=366)
    due.run(world.database, world.installation, world.clock)
    assert "aid_renewal" in kinds(world)


def kinds(world: World) -> set[Any]:
    """What lies before the desk."""
    return {case.kind for case in world.queue()}


def test_the_ceiling_of_the_law_is_applied_for_without_an_income(database: Database) -> None:
    """Fees of twelve months above 1,400 SEK are taken off the last of them, paid or not."""
    creditor = replace(CLINIC, country="SE", zone=ZoneInfo("Europe/Stockholm"))
    world = World(database, replace(an_installation("se+care"), creditor=creditor))
    world.customer(country="SE", region="", phone="+46701740605", language="en")
    with database.write() as session:
        for number in range(5):
            day = date(2026, 1, 5) + timedelta(days=7 * number)
            due_on = day + timedelta(days=30)
            row = BillRow(f"B{number}", "ada", day, due_on, "SEK", 40_000, description="Visit")
            add_bill(world.context(session), row)
    for text in ("I can't afford this", "help with the cost", "1980-02-28"):
        world.says(text, "+46701740605")
    with database.read() as session:
        found = aid.open_one(session, "ada")
        assert found
        assert (found.state, found.income, found.documents) == (AidState.COMPLETE, None, {})
        proposed = [(one.programme, off) for one, off in desk.proposals(world.context(session), found)]
    assert proposed == [("frikort", 60_000)]
    assert granted(world, found.id, programme="frikort") == 60_000
    assert owed(world) == {"B0": 40_000, "B1": 40_000, "B2": 40_000, "B3": 20_000}
