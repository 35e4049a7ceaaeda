"""A chargeback by letter: owed again and held while it is argued about, once a case number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.accounts.roles import Role
from billing.refusals import BadAmount
from handlers.payments import acquirer_letters, payments
from handlers.payments.acquirer_letters import (
    ChargebackKnown,
    NoCaseNumber,
    NotArguedAbout,
    TooMuchChargedBack,
)
from handlers.payments.refunds import NoSuchPayment
from handlers.rights import NotAllowed
from storage.desk import escalations, staff
from storage.desk.staff import User
from storage.dunning import holds
from storage.ledger import ledger
from storage.payments import payments as kept

if TYPE_CHECKING:
    from storage.payments.chargebacks import Chargeback
    from tests.world import World

REP = "rita"


def begun(
    world: World, payment: int, number: str = "CB-1", amount: str | None = None, by: str = REP
) -> Chargeback:
    """Somebody writes a letter down."""
    with world.database.write() as session:
        return acquirer_letters.begun(world.context(session), payment, number, amount, "not recognised", by)


def decided(world: World, number: int, *, won: bool) -> None:
    """Somebody writes down how it ended."""
    with world.database.write() as session:
        acquirer_letters.decided(world.context(session), number, REP, won=won)


def paid(world: World) -> int:
    """A bill of 600 that was paid; the payment's number."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=3))
    world.pays("B1", 60000, "P1")
    with world.database.read() as session:
        found = kept.find(session, "test", "P1")
    assert found
    return found.id


def state(world: World) -> tuple[int, int, list[str]]:
    """What is owed on the bill, how many holds stand, and which cases about chargebacks are open."""
    with world.database.read() as session:
        owed = ledger.owed_by_bill(session, ["A-ada"])["A-ada"].get("B1", 0)
        held = len(holds.active_holds(session, ["ada"], world.now).get("ada", []))
        cases = [one.key for one in escalations.queue(session) if one.kind == "chargeback"]
    return owed, held, cases


@pytest.mark.parametrize(("won", "owed"), [(True, 0), (False, 60000)])
def test_it_is_owed_and_held_until_it_is_decided(world: World, won: bool, owed: int) -> None:
    """Meanwhile nobody is reminded; won, the money is back; lost, the debt stays and the hold ends."""
    payment = paid(world)
    one = begun(world, payment)
    assert state(world) == (60000, 1, [one.key])
    assert not [verdict for verdict in world.run() if verdict.verdict == "remind"]
    decided(world, one.id, won=won)
    assert state(world) == (owed, 0, [])
    with pytest.raises(NotArguedAbout):
        decided(world, one.id, won=not won)
    with world.database.read() as session:
        trail = [(entry.actor, entry.action) for entry in staff.trail(session, one.key, 9)]
    outcome = "chargeback_won" if won else "chargeback_lost"
    assert sorted(trail) == sorted([(REP, "chargeback_opened"), (REP, outcome)])


def test_a_part_may_be_argued_about_and_never_more_than_was_paid(world: World) -> None:
    """Two letters about one payment come to no more than it; a case number counts once, won or not."""
    payment = paid(world)
    first = begun(world, payment, "CB-1", "200.00")
    assert (first.amount, state(world)[0]) == (20000, 20000)
    with pytest.raises(ChargebackKnown, match="--reference CB-1"):
        begun(world, payment, "CB-1", "1.00")
    with pytest.raises(
        TooMuchChargedBack, match=r"500\.00 USD is to be charged back, but 400\.00 of it is left"
    ):
        begun(world, payment, "CB-2", "500.00")
    assert begun(world, payment, "CB-2").amount == 40000
    with pytest.raises(TooMuchChargedBack):
        begun(world, payment, "CB-3")
    decided(world, first.id, won=True)
    assert state(world)[0] == 40000
    assert begun(world, payment, "CB-3").amount == 20000


def test_what_makes_no_sense_is_refused_in_one_line(world: World) -> None:
    """No such payment, one that was taken back, no case number, a bad amount, somebody who may only look."""
    payment = paid(world)
    for number, amount, refusal in (
        ("", None, NoCaseNumber),
        ("X", "much", BadAmount),
        ("X", "0", TooMuchChargedBack),
    ):
        with pytest.raises(refusal):
            begun(world, payment, number, amount)
    with pytest.raises(NoSuchPayment):
        begun(world, payment + 1)
    with pytest.raises(NotArguedAbout, match="no chargeback 9 is open"):
        decided(world, 9, won=True)
    with world.database.write() as session:
        staff.add(session, User("leo", Role.VIEWER, None, active=True), world.now)
    with pytest.raises(NotAllowed):
        begun(world, payment, by="leo")
    with world.database.write() as session:
        payments.take_back(world.context(session), "test", "P1")
    with pytest.raises(NoSuchPayment):
        begun(world, payment)
