"""Outcomes: the orders a conversation can give."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from billing import outcomes
from billing.ledger.money import Money
from billing.plans.plans import spread
from tests.builders import day

QUOTED = Money(60000, "USD")
ORDERS = [
    outcomes.OpenPlan(spread(60000, 3, 25, day("2026-01-30")), QUOTED),
    outcomes.MakePromise(QUOTED, day("2026-03-06"), QUOTED),
    outcomes.Identify(day("1980-05-05")),
    outcomes.ChangeDetail("phone", "+15005550006"),
    outcomes.ExplainBill("b1"),
    outcomes.LeaveAsIs("plan.as_is"),
    outcomes.HandToPerson("dispute"),
    outcomes.AskAgain("day"),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_an_order_stays_as_it_was_given(order: outcomes.Outcome) -> None:
    """What a conversation decided cannot be changed on the way to being carried out."""
    name = fields(order)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(order, name, "something else")


def test_replayed_talks_give_equal_orders() -> None:
    """Two plays of the same answers can be compared: equal orders are equal, others are not."""
    assert outcomes.ConfirmDetails() == outcomes.ConfirmDetails()
    assert outcomes.Identify(day("1980-05-05")) == outcomes.Identify(day("1980-05-05"), first_name="")
    assert outcomes.ExplainBill("b1") != outcomes.ExplainBill("b2")
