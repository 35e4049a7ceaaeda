"""Planned services, authorisations and estimates: on real rows, from import to the customer's phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.costs.prices import Price
from billing.gate import SendingSwitch
from billing.payers.claims import Code
from billing.payers.coverage import CostShare, CoverageTerms, Covered
from billing.payers.eligibility import CoverageQuestion, EligibilityResult, Found
from handlers.bills import estimated
from handlers.bills.bills import add_charges
from handlers.desk import batches
from handlers.import_results import ImportChange, UnknownCustomer
from handlers.payers import authorising, covering, due, estimating, planning
from handlers.payers.authorising import NoSuchAuthorisation, NothingToAuthorise
from handlers.payers.planning import ServiceRow
from handlers.people.register import Charge, Coverage, Payer, add_coverage
from storage import tables
from storage.bills import bills
from storage.costs import prices
from storage.desk import escalations
from storage.ledger import shares
from storage.payers import authorisations
from storage.payers.terms import pack, unpack
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

MRI = Code("CPT", "70551")
DAY = date(2026, 3, 16)
SINCE = date(2026, 1, 1)


def a_world(database: Database, policy: str = "generic", **terms: Any) -> World:
    """A clinic with one price, a customer, and a coverage with these terms; none without."""
    world = World(database, an_installation(policy))
    world.customer()
    with database.write() as session:
        prices.save_price(session, Price(MRI, "MRI of the brain", 100_000, "USD", SINCE))
        if terms:
            kept = pack(CoverageTerms(**terms))
            payer = Payer("BH", "Blue Harbor", "insurer")
            add_coverage(session, Coverage("C1", "ada", payer, "M-77", 1, SINCE, terms=kept))
    return world


def plan(world: World, day: date = DAY, service_id: str = "S1", customer_id: str = "ada") -> ImportChange:
    """A service is planned."""
    with world.database.write() as session:
        row = ServiceRow(service_id, customer_id, day, MRI.system, MRI.code)
        return planning.add(world.context(session), row)


def looked(world: World) -> int:
    """What is due is looked at, and messages leave; how much was due."""
    count = due.run(world.database, world.installation, world.clock)
    world.deliver()
    return count


def said(world: World) -> list[str]:
    """What the customer read."""
    return [message.text for message in world.screen()]


def test_a_planned_service_is_looked_at_ahead_and_told_once(database: Database) -> None:
    """Not before its days, then once; the message names neither the service nor a sum."""
    world = a_world(database, copay=3_000)
    assert plan(world) is ImportChange.NEW
    assert looked(world) == 0
    world.later(days=8)
    assert looked(world) == 1
    assert looked(world) == 0
    (text,) = said(world)
    assert "planned" in text
    assert not any(word in text for word in ("MRI", "$", "Blue"))
    assert plan(world) is ImportChange.SAME
    assert looked(world) == 0


def test_a_service_that_is_moved_is_looked_at_again(database: Database) -> None:
    """Another day is another question; one in the past is none."""
    world = a_world(database, copay=3_000)
    plan(world)
    world.later(days=8)
    looked(world)
    assert plan(world, DAY + timedelta(days=1)) is ImportChange.CHANGED
    assert looked(world) == 1
    plan(world, date(2026, 1, 1), "S0")
    assert looked(world) == 0
    with pytest.raises(UnknownCustomer):
        plan(world, customer_id="nobody")


def test_whoever_said_stop_is_not_told(database: Database) -> None:
    """The gate and the snapshot hold for this message as for every other that nobody asked for."""
    world = a_world(database, copay=3_000)
    plan(world)
    world.says("stop")
    before = len(said(world))
    world.later(days=8)
    assert looked(world) == 1
    assert len(said(world)) == before


def test_what_has_to_be_authorised_is_asked_for(database: Database) -> None:
    """The authorisation is started, the desk has it, the customer hears that something is open."""
    world = a_world(database, needs_authorisation=frozenset({MRI}), coinsurance=2_000)
    plan(world)
    world.later(days=8)
    looked(world)
    with database.read() as session:
        (asked,) = authorisations.every(session, only_open=True)
        kinds = {case.kind for case in escalations.queue(session)}
    assert (asked.asked_by, asked.customer_id) == ("kvitt", "ada")
    assert asked.answer_by - world.now == timedelta(days=7)
    assert "authorisation" in kinds
    assert "PERSON" in said(world)[-1]
    assert "COST" in said(world)[-1]


def test_cost_finds_what_is_planned(database: Database) -> None:
    """The word that the message names leads to the estimate of the planned service."""
    world = a_world(database, copay=3_000)
    plan(world)
    world.later(days=8)
    looked(world)
    world.says("COST")
    assert "You would pay $30.00" in world.says("1980-02-28")


def test_an_uninsured_person_gets_a_good_faith_estimate_in_time(database: Database) -> None:
    """It is kept with the words, the day it had to be given by, and that the person may hold us to it."""
    world = a_world(database, "us+care")
    plan(world)
    world.later(days=8)
    looked(world)
    with database.read() as session:
        (kept,) = session.execute(select(tables.Estimate.__table__))
    assert (kept.good_faith, kept.expected, kept.service_on) == (True, 100_000, DAY)
    assert kept.give_by is not None
    assert kept.given_on <= kept.give_by
    assert "Good-faith estimate" in kept.text


def test_a_payer_that_denies_the_coverage_is_believed(database: Database) -> None:
    """What it says counts for the estimate, and the desk is told before the day."""
    world = a_world(database, copay=3_000)

    def no(_: CoverageQuestion) -> Found:
        return Found(EligibilityResult.INACTIVE, "fhir", "ended")

    world.installation = an_installation(eligibility={"BH": no})
    plan(world)
    world.later(days=8)
    looked(world)
    with database.read() as session:
        found = estimating.quote(world.context(session), "ada", [(MRI, "1")], DAY)
        assert "planned_service" in {case.kind for case in escalations.queue(session)}
    assert found
    assert found.estimate.expected == 100_000
    assert "estimate.inactive" in {one.key for one in estimating.sayings_of(world.installation, found, DAY)}


def test_an_authorisation_goes_its_way(database: Database) -> None:
    """Asked once at a time, granted with number and days; the next estimate counts it."""
    world = a_world(database, needs_authorisation=frozenset({MRI}), coinsurance=2_000)
    with database.write() as session:
        (one,) = authorising.start(world.context(session), "ada", MRI, DAY, "rep", urgent=True)
        (same,) = authorising.start(world.context(session), "ada", MRI, DAY, "rep")
        assert one.answer_by - world.now == timedelta(hours=72)
        assert same.id == one.id
        granted = authorising.grant(world.context(session), one.id, "BH-1", None, "rep")
        assert granted.valid_to == date(2026, 3, 2) + timedelta(days=90)
        with pytest.raises(NothingToAuthorise):
            authorising.start(world.context(session), "ada", MRI, DAY, "rep")
        with pytest.raises(NoSuchAuthorisation):
            authorising.grant(world.context(session), one.id, "BH-2", None, "rep")
        found = estimating.quote(world.context(session), "ada", [(MRI, "1")], DAY)
        late = estimating.quote(world.context(session), "ada", [(MRI, "1")], date(2026, 12, 1))
        assert [case.kind for case in escalations.queue(session)] == []
    assert found
    assert late
    assert (found.estimate.expected, late.estimate.expected) == (20_000, 0)


def test_a_denial_is_a_case_and_may_be_asked_again(database: Database) -> None:
    """With the payer's reason; what nobody wants any more ends without one."""
    world = a_world(database, needs_authorisation=frozenset({MRI}))
    with database.write() as session:
        (one,) = authorising.start(world.context(session), "ada", MRI, DAY, "rep")
        authorising.deny(world.context(session), one.id, "not needed", "rep")
        (case,) = escalations.queue(session)
        assert (case.kind, case.detail) == ("authorisation_denied", {"reason": "not needed"})
        (again,) = authorising.start(world.context(session), "ada", MRI, DAY, "rep")
        assert again.id != one.id
        ended = authorising.deny(world.context(session), again.id, "cancelled", "rep", expired=True)
    assert ended.state == "expired"


def test_a_payer_that_is_silent_is_chased_once_a_period(database: Database) -> None:
    """After its days the desk is asked to ask again, and then only after as many."""
    world = a_world(database, needs_authorisation=frozenset({MRI}))
    with database.write() as session:
        authorising.start(world.context(session), "ada", MRI, DAY, "rep")
        for case in escalations.queue(session):
            escalations.close(session, case.id, "rep", "asked", world.now)
    assert looked(world) == 0
    world.later(days=7)
    assert looked(world) == 1
    assert looked(world) == 0
    assert [case.kind for case in world.queue()] == ["authorisation"]
    world.later(days=7)
    assert looked(world) == 1


def test_what_was_answered_before_counts_towards_the_limits(database: Database) -> None:
    """Deductible paid by an earlier answer is gone; an answer that was taken back counts no more."""
    world = a_world(database, deductible=50_000)
    world.bill("B1", amount=50_000)
    line = {"position": 1, "charge_id": "c", "service_on": "2026-02-01"}
    values = {"position": 1, "asked": 50_000, "paid": 20_000, "remarks": []} | {
        "adjustments": [{"group": "PR", "reason": "1", "amount": 30_000}]
    }
    with database.write() as session:
        session.add(_claim(line))
        session.flush()
        session.add(_answer(1, "paid", [values]))
    assert _share(world) == (CostShare("C1", date(2026, 2, 1), deductible=30_000),)
    with database.read() as session:
        found = estimating.quote(world.context(session), "ada", [(MRI, "1")], DAY)
    assert found
    assert found.estimate.expected == 20_000
    with database.write() as session:
        session.add(_answer(2, "reversed", []))
    assert _share(world) == ()


@pytest.mark.parametrize(
    ("born", "expected"), [(date(2015, 5, 5), 10_000), (date(2008, 3, 1), 30_000), (None, 30_000)]
)
def test_children_of_one_family_are_told_of_the_ceiling_that_they_share(
    database: Database, born: date | None, expected: int
) -> None:
    """What a sister was left counts for her brother, who is under 18 that day, and for nobody else."""
    world = World(database, an_installation("se+care"))
    world.customer("mum")
    law = pack(CoverageTerms(copay=30_000), ceiling_by_law=True)
    with database.write() as session:
        prices.save_price(session, Price(MRI, "MRI of the brain", 100_000, "USD", SINCE))
    for number, (name, day) in enumerate((("ada", date(2014, 1, 1)), ("bo", born)), 1):
        world.customer(name, phone="", birth_date=day, guarantor_id="mum")
        with database.write() as session:
            payer = Payer("BH", "Region", "agency")
            add_coverage(session, Coverage(f"C{number}", name, payer, "M", 1, SINCE, terms=law))
    world.bill("B1", amount=130_000)
    line = {"position": 1, "charge_id": "c", "service_on": "2026-02-01"}
    left = {"position": 1, "asked": 130_000, "paid": 0, "remarks": []} | {
        "adjustments": [{"group": "PR", "reason": "3", "amount": 130_000}]
    }
    with database.write() as session:
        session.add(_claim(line))
        session.flush()
        session.add(_answer(1, "paid", [left]))
    with database.read() as session:
        found = estimating.quote(world.context(session), "bo", [(MRI, "1")], DAY)
        mothers = covering.past_shares(world.context(session), "mum", DAY)
    assert found
    assert (found.estimate.expected, mothers) == (expected, ())


def _share(world: World) -> tuple[CostShare, ...]:
    with world.database.read() as session:
        return covering.past_shares(world.context(session), "ada", DAY)


def _claim(line: dict[str, Any]) -> tables.Claim:
    return tables.Claim(
        key="B1-C1", bill_id="B1", customer_id="ada", payer_id="BH", coverage_id="C1", sequence=1, number=1,
        state="answered", currency="USD", amount=50_000, lines=[line], diagnoses=[], replaces="",
        their_reference="", reason="", created_at=datetime(2026, 2, 2, tzinfo=UTC),
    )  # fmt: skip


def _answer(number: int, verdict: str, lines: list[dict[str, Any]]) -> tables.ClaimAnswer:
    return tables.ClaimAnswer(
        claim_key="B1-C1", source="csv", source_id=str(number), verdict=verdict,
        answered_on=date(2026, 2, 10), paid=20_000, lines=lines, their_reference="", payment_reference="",
        recorded_at=datetime(2026, 2, 10, tzinfo=UTC),
    )  # fmt: skip


def test_terms_survive_being_kept() -> None:
    """Every part of them, and that the ceiling is the law's."""
    whole = CoverageTerms(
        plan="Gold", deductible=1, copay=2, coinsurance=3, out_of_pocket_max=4, ceiling=5, ceiling_months=6,
        needs_authorisation=frozenset({MRI}), excluded=frozenset({MRI}), allowed={MRI: 7}, network="blue",
        in_network=False,
    )  # fmt: skip
    assert unpack(pack(whole)) == whole
    assert pack(CoverageTerms()) == {}
    assert pack(CoverageTerms(), ceiling_by_law=True) == {"ceiling_by_law": True}


def test_an_unknown_coverage_counts_nothing(database: Database) -> None:
    """Shares are read only under coverages that are known."""
    world = a_world(database)
    with database.read() as session:
        assert shares.of_customer(session, "ada", [Covered("C1", "BH", "M", 1, SINCE)]) == ()
    assert world.installation.eligibility == {}


def test_a_bill_finds_its_estimate(database: Database) -> None:
    """The newest one whose services it charges; one in good faith is what the bill is held to."""
    world = a_world(database, "us+care")
    for text in ("how much is an MRI?", "1980-02-28"):
        world.says(text)
    world.bill("B1", amount=150_000)
    world.bill("B2", amount=150_000)
    line = Charge("c1", "B1", 1, date(2026, 3, 5), MRI.system, MRI.code, "MRI", "1", 150_000, 150_000)
    other = replace(line, id="c2", bill_id="B2", code="99213")
    with database.write() as session:
        add_charges(session, [line, other])
        estimated.bound(session, ["B1", "B2", "B9"])
        (kept,) = session.execute(select(tables.Estimate.__table__))
        found = bills.by_id(session, ["B1", "B2"])
    assert (kept.bill_id, found["B1"].estimate, found["B2"].estimate) == ("B1", 100_000, None)


def test_an_estimate_for_the_insured_binds_nobody(database: Database) -> None:
    """It is kept with the bill, and is no good-faith estimate."""
    world = a_world(database, "us+care", coinsurance=1_000)
    for text in ("how much is an MRI?", "1980-02-28"):
        world.says(text)
    world.bill("B1", amount=150_000)
    line = Charge("c1", "B1", 1, date(2026, 3, 5), MRI.system, MRI.code, "MRI", "1", 150_000, 150_000)
    with database.write() as session:
        add_charges(session, [line])
        estimated.bound(session, ["B1"])
        (kept,) = session.execute(select(tables.Estimate.__table__))
        found = bills.find(session, "B1")
    assert found
    assert (kept.bill_id, kept.good_faith, found.estimate) == ("B1", False, None)


def test_where_a_person_approves_messages_these_wait_for_it_too(database: Database) -> None:
    """They are a run of their own, which somebody lets leave; why it came has an answer."""
    world = a_world(database, copay=3_000)
    world.installation = an_installation(sending=SendingSwitch.APPROVE)
    plan(world)
    world.later(days=8)
    looked(world)
    assert said(world) == []
    with database.write() as session:
        (run,) = batches.latest(session)
        assert dict(run.counts) == {"planned": 1}
        assert batches.approve(world.context(session), run.id, "rep") == 1
    world.later(hours=1)
    world.deliver()
    assert "planned" in said(world)[-1]
    world.says("why did you text me?")
    assert "something is planned" in world.says("1980-02-28")
