"""Öre of tolerance: a payment that is nearly right settles its bill, and what differs is rounding."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from handlers.payments import payments
from handlers.payments.payments import PaymentRow
from storage.ledger import ledger
from tests.handlers.payments.test_corrections import _set

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture
def billed(world: World) -> World:
    """Ada with a bill of 600.00, under a policy that rounds what is less than 1.00."""
    world.customer()
    world.bill()
    _set(world, tolerance=Decimal("1.00"))
    return world


def _pay(world: World, amount: int, name: str = "1", reference: str = "B1") -> None:
    row = PaymentRow("csv", name, reference, Money(amount, "USD"), world.now.date())
    with world.database.write() as session:
        payments.book(world.context(session), row)


def _rounded(world: World) -> list[int]:
    with world.database.read() as session:
        entries = ledger.of_bill(session, "B1")
    undone = {one.reverses for one in entries}
    return [one.amount.minor for one in entries if one.kind is EntryKind.ROUNDING and one.id not in undone]


@pytest.mark.parametrize(("paid", "rounded", "owed", "credit"), [
    (59901, [-99], 0, 0), (59900, [], 100, 0), (60000, [], 0, 0), (60099, [99], 0, 0), (60100, [], 0, -100),
])  # fmt: skip
def test_less_than_the_tolerance_is_rounding(
    billed: World, paid: int, rounded: list[int], owed: int, credit: int
) -> None:
    """Short or over, to the last cent below it; from the tolerance on it is owed, or credit, as before."""
    _pay(billed, paid)
    assert (_rounded(billed), billed.owed(), billed.owed(None)) == (rounded, owed, credit)


def test_without_a_tolerance_nothing_is_rounded(billed: World) -> None:
    """It is off unless a policy sets it."""
    _set(billed, tolerance=Decimal(0))
    _pay(billed, 59999)
    assert (_rounded(billed), billed.owed()) == ([], 1)


@pytest.mark.parametrize("paid", [59950, 60050])
def test_a_payment_that_goes_back_takes_its_rounding_along(billed: World, paid: int) -> None:
    """The whole bill is owed again, and a right payment then settles it."""
    _pay(billed, paid)
    with billed.database.write() as session:
        payments.take_back(billed.context(session), "csv", "1", bounced=True)
    assert (_rounded(billed), billed.owed(), billed.owed(None)) == ([], 60000, 0)
    _pay(billed, 60000, "2")
    assert (_rounded(billed), billed.owed(), billed.owed(None)) == ([], 0, 0)


def test_parts_are_rounded_at_the_end(billed: World) -> None:
    """Only what the last part leaves counts; an excess is rounded on the bill that it settled."""
    billed.bill("B2", amount=5000)
    _pay(billed, 30000)
    assert (_rounded(billed), billed.owed()) == ([], 30000)
    _pay(billed, 29960, "2")
    assert (_rounded(billed), billed.owed(), billed.owed("B2")) == ([-40], 0, 5000)
