"""Bills are told apart as people do it, asked about one by one or in the middle of a dispute."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from handlers.people import register
from handlers.people.register import CustomerRow
from storage.dunning import holds

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture
def known(world: World) -> World:
    """A mother with two bills and one of her son's, who has shown who she is."""
    world.customer()
    with world.database.write() as session:
        child = CustomerRow("tim", "Tim Lind", date(2016, 5, 1), guarantor_id="ada")
        register.add_customer(world.context(session), child)
    world.bill("D-2039", amount=12000, due=date(2026, 1, 21), description="Lab tests")
    world.bill("D-2040", amount=8000, due=date(2026, 2, 20), description="MRI scan")
    world.bill("D-2050", "tim", amount=4500, due=date(2026, 2, 10), description="Dentist")
    world.says("balance")
    world.says("1980-02-28")
    return world


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("what is D-2039 for", "$120.00"),
        ("explain my bill D-2040", "$80.00"),
        ("D-2050?", "$45.00"),
        ("the lab one", "$120.00"),
        ("can you explain the bill for the mri", "$80.00"),
    ],
)
def test_a_bill_that_is_named_is_explained_at_once(known: World, said: str, amount: str) -> None:
    """Nobody who has said which one is asked which one."""
    assert f"Left to pay: {amount}" in known.says(said)


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("2", "$45.00"),
        ("number 3", "$80.00"),
        ("D-2039", "$120.00"),
        ("2040", "$80.00"),
        ("the one from January", "$120.00"),
        ("the 80 one", "$80.00"),
        ("Tim's", "$45.00"),
        ("Tim", "$45.00"),
        ("the dentist", "$45.00"),
        ("the one due February 20", "$80.00"),
    ],
)
def test_the_list_is_answered_with_whatever_tells_a_bill_apart(known: World, said: str, amount: str) -> None:
    """Its place, its number, its month, its amount, whose it is, what it was for."""
    shown = known.says("explain my bill")
    assert "2. $45.00 for Tim, due February 10, 2026" in shown
    assert f"Left to pay: {amount}" in known.says(said)


def test_bills_alike_are_shown_with_their_numbers(world: World) -> None:
    """Where amount and day are the same, the number tells them apart."""
    world.customer()
    world.bill("D-1", amount=5000, due=date(2026, 2, 1))
    world.bill("D-2", amount=5000, due=date(2026, 2, 1))
    world.says("explain my bill")
    assert "1. $50.00, due February 1, 2026 (D-1)" in world.says("1980-02-28")


def test_a_number_that_none_has_is_said_to_be_unknown(known: World) -> None:
    """Another bill is never explained in its place."""
    assert known.heard("what is D-7777 for") == ["explain_bill.strange", "explain_bill.which"]


def test_a_dispute_is_about_the_bill_that_was_named(known: World) -> None:
    """The others are demanded as before, and the reply says which one is meant."""
    assert "the bill of $120.00" in known.says("the lab bill is wrong, I had that for free")
    known.says("it was part of my yearly check")
    with known.database.read() as session:
        held = holds.active_holds(session, ["ada"], known.now)["ada"]
    assert [hold.bill_id for hold in held] == ["D-2039"]


def test_before_identity_a_number_opens_nothing(world: World) -> None:
    """Who names a number is asked who they are, whether there is such a bill or not."""
    world.customer()
    world.bill("D-2039")
    first, second = world.heard("what is D-2039 for"), world.heard("what is D-1111 for", "+15035550199")
    assert first == second == ["identity.ask"]
