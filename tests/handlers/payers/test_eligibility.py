"""Whether somebody is covered: asked over real HTTP, kept with source and time, never in the way."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.payers.eligibility import EligibilityResult
from bot.payers.fhir_eligibility import FhirEligibility
from handlers.payers import covering
from handlers.payers.eligibility import UnknownCoverage, check, listed
from handlers.people.register import Coverage, Payer, add_coverage
from storage import tables
from storage.desk import escalations
from storage.payers import eligibility
from tests.fakes.payer_server import PayerServer, payer_server
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.database.transaction import Database

DAY = date(2026, 3, 2)
IN_FORCE = {
    "resourceType": "CoverageEligibilityResponse",
    "status": "active",
    "outcome": "complete",
    "insurance": [
        {
            "inforce": True,
            "item": [
                {
                    "benefit": [
                        {
                            "type": {"coding": [{"code": "deductible"}]},
                            "allowedMoney": {"value": 500.00, "currency": "USD"},
                            "usedMoney": {"value": 120.50, "currency": "USD"},
                        }
                    ]
                }
            ],
        }
    ],
}


@pytest.fixture
def payer() -> Iterator[PayerServer]:
    """A payer on a port of its own."""
    with payer_server() as server:
        yield server


def a_world(database: Database, payer: PayerServer, seconds: float = 5) -> World:
    """A clinic whose payer is asked by FHIR, and a customer it covers."""
    asks = FhirEligibility(payer.url, "Elm Street Clinic", seconds, token="t0ken")
    world = World(database, an_installation(eligibility={"BH": asks}))
    world.customer()
    covered(world)
    return world


def covered(world: World, coverage_id: str = "C1", payer_id: str = "BH", **more: Any) -> None:
    """A coverage of the customer's."""
    facts = {"starts_on": date(2026, 1, 1)} | more
    row = Coverage(coverage_id, "ada", Payer(payer_id, "Blue Harbor", "insurer"), "M-77", 1, **facts)
    with world.database.write() as session:
        add_coverage(session, row)


def test_a_payer_is_asked_and_its_answer_is_kept_with_source_and_time(
    database: Database, payer: PayerServer
) -> None:
    """The request carries who, the member's number and the day; the answer what is left of the deductible."""
    world = a_world(database, payer)
    payer.answers(**IN_FORCE)
    found = check(database, world.installation, "C1", DAY, world.clock)
    assert found
    assert (found.result, found.source) == (EligibilityResult.ACTIVE, "fhir")
    assert found.detail == {"deductible": {"left": 37950, "currency": "USD"}}
    (asked,) = payer.asked
    assert (asked["resourceType"], asked["servicedDate"]) == ("CoverageEligibilityRequest", "2026-03-02")
    patient, coverage = asked["contained"]
    assert (patient["birthDate"], coverage["subscriberId"]) == ("1980-02-28", "M-77")
    assert payer.headers[0]["Authorization"] == "Bearer t0ken"
    with database.read() as session:
        kept = eligibility.latest(session, ["C1"])["C1"]
        assert (kept.checked_at, kept.source, kept.result) == (world.now, "fhir", EligibilityResult.ACTIVE)
        (checked,) = covering.checked_coverages(world.context(session), "ada", DAY)
    assert checked.confirmed


@pytest.mark.parametrize(
    ("answer", "result", "reason"),
    [
        (
            {"outcome": "complete", "insurance": [{"inforce": False}], "disposition": "ended"},
            "inactive",
            "ended",
        ),
        ({"outcome": "complete", "insurance": []}, "unknown", "does not say"),
        ({"outcome": "error", "error": [{"code": {"text": "no such member"}}]}, "unknown", "no such member"),
        ({"outcome": "queued"}, "failed", "outcome queued"),
    ],
)
def test_each_answer_is_told_apart(
    database: Database, payer: PayerServer, answer: dict[str, Any], result: str, reason: str
) -> None:
    """Not in force, not said, not known, not yet: none of them is taken for a yes."""
    world = a_world(database, payer)
    payer.answers(resourceType="CoverageEligibilityResponse", **answer)
    found = check(database, world.installation, "C1", DAY, world.clock)
    assert found
    assert found.result.value == result
    assert reason in found.reason


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"{}", "HTTP 500"),
        (302, b"", "HTTP 302"),
        (200, b"<html>login</html>", "no CoverageEligibilityResponse"),
        (
            200,
            b'{"resourceType": "OperationOutcome", "outcome": "complete"}',
            "no CoverageEligibilityResponse",
        ),
        (200, b"[" * 100_000, "no CoverageEligibilityResponse"),
        (200, b" " * 1_100_000, "too large"),
    ],
)
def test_what_is_no_answer_is_a_failed_check_and_a_case(
    database: Database, payer: PayerServer, status: int, body: bytes, reason: str
) -> None:
    """Errors, pages, deep and endless answers: kept as failed, seen at the desk, believed by nobody."""
    world = a_world(database, payer)
    payer.status, payer.body = status, body
    found = check(database, world.installation, "C1", DAY, world.clock)
    assert found
    assert found.result is EligibilityResult.FAILED
    assert reason in found.reason
    with database.read() as session:
        (case,) = escalations.queue(session)
        (checked,) = covering.checked_coverages(world.context(session), "ada", DAY)
    assert case.kind == "eligibility"
    assert checked.believed
    assert not checked.confirmed


def test_a_payer_that_hangs_is_given_up_in_time(database: Database, payer: PayerServer) -> None:
    """The bound of the settings holds; nothing is locked meanwhile, and the chat still answers."""
    world = a_world(database, payer, seconds=0.2)
    payer.hangs.set()
    found = check(database, world.installation, "C1", DAY, world.clock)
    assert found
    assert (found.result, found.reason) == (EligibilityResult.FAILED, "the payer did not answer in time")
    world.says("am I covered?")
    assert "birth date" in world.screen()[-1].text


def test_a_payer_that_cannot_be_reached_is_a_failed_check(database: Database) -> None:
    """Nobody listens on that port."""
    world = World(
        database, an_installation(eligibility={"BH": FhirEligibility("http://127.0.0.1:9/x", "Elm", 1)})
    )
    world.customer()
    covered(world)
    found = check(database, world.installation, "C1", DAY, world.clock)
    assert found
    assert "cannot be reached" in found.reason


def test_a_later_answer_closes_the_case(database: Database, payer: PayerServer) -> None:
    """What was failed is settled by the next good answer; both are kept."""
    world = a_world(database, payer)
    payer.status = 503
    check(database, world.installation, "C1", DAY, world.clock)
    payer.status = 200
    payer.answers(**IN_FORCE)
    check(database, world.installation, "C1", DAY, world.clock)
    with database.read() as session:
        assert escalations.queue(session) == []
        row = tables.EligibilityCheck
        assert session.scalars(select(row.result).order_by(row.id)).all() == [
            EligibilityResult.FAILED,
            EligibilityResult.ACTIVE,
        ]


def test_without_an_adapter_the_register_answers_and_confirms_nothing(database: Database) -> None:
    """Our own word is kept as that; a coverage nobody registered cannot be asked about."""
    world = World(database)
    world.customer()
    covered(world)
    found = check(database, world.installation, "C1", DAY, world.clock)
    assert found
    assert (found.result, found.source) == (EligibilityResult.ACTIVE, "register")
    before = check(database, world.installation, "C1", date(2025, 12, 31), world.clock)
    assert before
    assert (before.result, before.reason) == (
        EligibilityResult.INACTIVE,
        "by the register it has not begun on 2025-12-31",
    )
    with database.read() as session:
        (checked,) = covering.checked_coverages(world.context(session), "ada", DAY)
    assert not checked.confirmed
    with pytest.raises(UnknownCoverage, match="C9"):
        check(database, world.installation, "C9", DAY, world.clock)


def test_stale_and_denied_coverages_are_seen_at_the_desk(database: Database, payer: PayerServer) -> None:
    """After the policy's days an answer is out of date; one that says no needs a look at once."""
    world = a_world(database, payer)
    assert [one.stale for one in listed(database, world.installation, world.clock)] == [True]
    payer.answers(**IN_FORCE)
    check(database, world.installation, "C1", DAY, world.clock)
    assert listed(database, world.installation, world.clock, attention=True) == []
    world.later(days=31)
    (old,) = listed(database, world.installation, world.clock, attention=True)
    assert old.stale
    payer.answers(**(IN_FORCE | {"insurance": [{"inforce": False}]}))
    check(database, world.installation, "C1", DAY, world.clock)
    (denied,) = listed(database, world.installation, world.clock, attention=True)
    assert not denied.stale
    with database.read() as session:
        (checked,) = covering.checked_coverages(world.context(session), "ada", DAY)
    assert not checked.believed
