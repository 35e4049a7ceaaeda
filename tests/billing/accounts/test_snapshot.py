"""The snapshot: what a person can still pay, and how far a bill's reminders came."""

from __future__ import annotations

import pytest

from billing.accounts.snapshot import DunningStep, PlacementState, StepState
from tests.builders import a_bill, a_person, heard_up_to

WHO = (
    a_person()
    .owing(500)
    .owing(0)
    .owing(-200)
    .owing(900, placement=PlacementState.PLACED)
    .owing(40, placement=PlacementState.FLAGGED)
    .answering_for("c1")
    .owing(7)
    .snapshot
)


def test_payable_is_what_is_owed_and_not_with_a_collector() -> None:
    """Settled and placed bills are left out; those of a dependant and flagged ones are not."""
    assert [bill.bill_id for bill in WHO.payable] == ["b1", "b5", "b6"]
    assert WHO.to_pay == 547


def test_what_bills_come_to_is_counted_over_all_accounts() -> None:
    """Named bills add up wherever they are, credits included; unknown names add nothing."""
    assert WHO.owed_on(["b1", "b3", "b6", "elsewhere"]) == 307
    assert WHO.owed_on([]) == 0


def test_a_balance_is_the_sum_of_the_accounts_bills() -> None:
    """An account's balance counts its own bills and no other account's."""
    assert [account.balance for account in WHO.accounts] == [1240, 7]


@pytest.mark.parametrize("state", [state for state in StepState if state is not StepState.HEARD])
def test_only_what_was_heard_counts(state: StepState) -> None:
    """The level reached is the highest heard, whatever stands at the next one."""
    bill = a_bill(steps=[DunningStep(3, state), *heard_up_to(2, "2026-02-01 12:00")])
    assert bill.heard == 2
    assert bill.step(3) == DunningStep(3, state)
    assert bill.step(4) is None
    assert a_bill(steps=[DunningStep(1, state)]).heard == 0
