"""Payers are asked by themselves: as soon as a bill that nobody was asked for is in the books."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Event

import pytest
from sqlalchemy import event, update

from billing.accounts.snapshot import PlacementState
from billing.bills.bills import BillState
from handlers.bills.bills import BillRow, add_bill, add_charges
from handlers.issuing import billing_runs
from handlers.payers import opening
from handlers.payers.claims import WithCollector
from handlers.people import register
from handlers.people.register import Charge, Coverage, Payer
from storage import tables
from storage.collection import placements
from tests.handlers.payers.clinic import REP, Clinic


def comes(clinic: Clinic, bill_id: str, *amounts: int, total: int = 0, customer: str = "ada") -> None:
    """An open bill with a charge for each amount; of more than they come to, if told so."""
    day = clinic.now.date() - timedelta(days=2)
    with clinic.database.write() as session:
        row = BillRow(bill_id, customer, day, day, "USD", total or sum(amounts) or 100, state=BillState.OPEN)
        add_bill(clinic.context(session), row)
    lines(clinic, bill_id, *amounts)


def lines(clinic: Clinic, bill_id: str, *amounts: int, first: int = 1) -> None:
    """Lines of a bill."""
    day = clinic.now.date() - timedelta(days=2)
    with clinic.database.write() as session:
        add_charges(
            session,
            [
                Charge(f"{bill_id}:{n}", bill_id, n, day, "CPT", "99213", "Visit", "1", amount, amount)
                for n, amount in enumerate(amounts, first)
            ],
        )


def ticks(clinic: Clinic) -> int:
    """The clock looks."""
    return opening.run(clinic.database, clinic.installation, clinic.clock)


def verdicts(clinic: Clinic) -> dict[str, tuple[str, str]]:
    """What a billing run would do."""
    with clinic.database.write() as session:
        run_id = billing_runs.propose(clinic.context(session), REP)
        found = billing_runs.show(session, run_id)[1]
        billing_runs.withdraw(clinic.context(session), run_id, REP)
    return {one.bill_id: (one.verdict.value, one.reason) for one in found}


def test_a_bill_becomes_a_claim_without_anybody(clinic: Clinic) -> None:
    """Each charge is asked of the payer that comes first, once; the billing run waits for the answer."""
    comes(clinic, "B1", 10000, 500)
    assert ticks(clinic) == 1
    (claim,) = clinic.claims_of()
    assert (claim.payer_id, claim.amount, claim.state.value) == ("acme", 10500, "ready")
    assert ticks(clinic) == 0
    assert clinic.opens() == []
    assert verdicts(clinic)["B1"] == ("leave", "claim_open")


def test_the_billing_run_waits_for_payers(clinic: Clinic) -> None:
    """What came in since the clock looked is not proposed to the person before their payer was asked."""
    comes(clinic, "B1", 10000)
    assert verdicts(clinic)["B1"] == ("leave", "payers_not_asked")
    ticks(clinic)
    assert verdicts(clinic)["B1"] == ("leave", "claim_open")


def test_whom_nobody_covers_is_billed(clinic: Clinic) -> None:
    """Without coverage or service the run takes the bill; a coverage that comes is asked."""
    clinic.customer("eve", phone="+15035550177")
    comes(clinic, "B1", 10000, customer="eve")
    comes(clinic, "B2")
    assert ticks(clinic) == 0
    assert {bill: reason for bill, (_, reason) in verdicts(clinic).items()} == {
        "B1": "no_way_to_send_it",
        "B2": "no_way_to_send_it",
    }
    with clinic.database.write() as session:
        payer = Payer("acme", "Acme", "insurer")
        register.add_coverage(session, Coverage("eve:acme", "eve", payer, "M-1", 1, date(2026, 1, 1)))
    assert ticks(clinic) == 1
    assert clinic.claims_of("B1")[0].coverage_id == "eve:acme"


def test_what_was_issued_elsewhere_is_left_alone(clinic: Clinic) -> None:
    """A bill that another system issued is the customer's already, whoever covers them."""
    clinic.billed(10000)
    clinic.covered("gamma")
    assert ticks(clinic) == 0
    assert clinic.claims_of() == []


def test_lines_that_are_missing_are_waited_for(clinic: Clinic) -> None:
    """Half a bill is asked of nobody, payer or person; the next day the desk is; then all of it at once."""
    comes(clinic, "B1", 10000, total=15000)
    assert ticks(clinic) == 0
    assert verdicts(clinic)["B1"] == ("leave", "payers_not_asked")
    clinic.later(days=1)
    assert ticks(clinic) == 0
    (case,) = clinic.queue()
    assert case.reason.startswith("bill B1 is of 150.00, its lines come to 100.00")
    lines(clinic, "B1", 5000, first=2)
    assert ticks(clinic) == 1
    assert clinic.claims_of()[0].amount == 15000
    assert clinic.queue() == []


def test_a_line_that_comes_while_the_clock_looks_is_seen(clinic: Clinic) -> None:
    """Whoever brings it waits for the look to end, and the bill is looked at again."""
    comes(clinic, "B1", total=10000)
    engine, brought = clinic.database.engine, Event()

    @event.listens_for(engine, "after_cursor_execute")
    def _seen(*more: object) -> None:
        if "INTO charges" in str(more[2]):
            brought.set()

    with ThreadPoolExecutor(1) as other:
        with clinic.database.write() as session:
            assert opening.look(clinic.context(session), ["B1"]) == []
            done = other.submit(lines, clinic, "B1", 10000)
            if engine.dialect.name == "postgresql":  # where writers do not wait for each other
                assert brought.wait(10)
        done.result()
    assert ticks(clinic) == 1


def test_an_installation_may_open_claims_by_hand(clinic: Clinic) -> None:
    """Switched off, nobody is asked by itself, and the billing run does not wait."""
    clinic.installation = replace(clinic.installation, opens_claims=False)
    comes(clinic, "B1", 10000)
    assert verdicts(clinic)["B1"][1] == "no_way_to_send_it"
    assert ticks(clinic) == 0
    assert len(clinic.opens()) == 1


def test_a_withdrawn_claim_is_not_opened_again(clinic: Clinic) -> None:
    """What a person withdrew stays withdrawn until something new is known."""
    comes(clinic, "B1", 10000)
    ticks(clinic)
    clinic.does("void", "C100001-1")
    assert ticks(clinic) == 0
    assert [claim.state.value for claim in clinic.claims_of()] == ["void"]


def test_a_look_costs_what_is_new(clinic: Clinic) -> None:
    """With nothing new the clock asks one question, however many bills are open."""
    for number in range(5):
        comes(clinic, f"B{number}", 1000)
    ticks(clinic)
    asked: list[str] = []
    event.listen(clinic.database.engine, "before_cursor_execute", lambda *more: asked.append(more[2]))
    ticks(clinic)
    assert len([one for one in asked if one.startswith("SELECT")]) == 1


def test_a_bill_that_a_collector_has_is_called_back_first(clinic: Clinic) -> None:
    """No claim is opened silently over what is being collected; the refusal names the way."""
    clinic.billed(10000)
    with clinic.database.write() as session:
        placements.flag(session, "B1", 10000, "USD", clinic.now)
        session.query(tables.Placement).update({"state": PlacementState.PLACED.value, "collector": "north"})
    with pytest.raises(WithCollector, match=r"north has it.*kvitt placements recall B1-P1"):
        clinic.opens()
    assert clinic.claims_of() == []


def test_a_bill_that_cannot_be_looked_at_stops_no_other_claim(clinic: Clinic) -> None:
    """The bill of somebody in no time zone is one case; the others have claims, and it has one later."""
    clinic.customer("eve", phone="+15035550177")
    with clinic.database.write() as session:
        payer = Payer("acme", "Acme", "insurer")
        register.add_coverage(session, Coverage("eve:acme", "eve", payer, "M-1", 1, date(2026, 1, 1)))
    for bill_id, person in (("B1", "ada"), ("B2", "eve"), ("B3", "ada")):
        comes(clinic, bill_id, 10000, customer=person)
    zone = update(tables.Customer).where(tables.Customer.id == "eve")
    with clinic.database.write() as session:
        session.execute(zone.values(timezone="Aether/Olympus"))
    assert ticks(clinic) == 2
    assert ticks(clinic) == 0
    assert [case.kind for case in clinic.queue()] == ["set_aside"]
    with clinic.database.write() as session:
        session.execute(zone.values(timezone=None))
    clinic.now += timedelta(days=1)
    assert ticks(clinic) == 1
