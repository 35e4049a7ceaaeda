"""Placement: what a person may approve, and what is refused."""

from __future__ import annotations

import pytest

from billing import policy
from billing.channels import Channel
from billing.picture import PlacementState
from billing.placement import NotFlagged, NothingOwed, Objected, WrittenNoticeMissing, check_approval
from tests.builders import a_bill

GENERIC, SE = policy.load("generic"), policy.load("se")
FLAGGED = a_bill(60000, placement=PlacementState.FLAGGED)


def test_a_flagged_unpaid_bill_may_be_placed() -> None:
    """With nothing in the way a person's approval is enough."""
    check_approval(FLAGGED, None, GENERIC, [])
    check_approval(FLAGGED, None, SE, [Channel.SMS, Channel.LETTER])


@pytest.mark.parametrize(
    ("state", "shown"),
    [(None, "not flagged"), (PlacementState.PLACED, "placed"), (PlacementState.RETURNED, "returned")],
)
def test_only_a_flagged_bill_is_placed(state: PlacementState | None, shown: str) -> None:
    """What nobody flagged, or was decided already, is refused with its state and where to look."""
    with pytest.raises(NotFlagged, match=f"b1 is not flagged .*it is {shown}.*kvitt placements list"):
        check_approval(a_bill(placement=state), None, GENERIC, [])


@pytest.mark.parametrize("owed", [0, -500])
def test_a_paid_bill_is_never_placed(owed: int) -> None:
    """A bill paid while it waited for the decision is to be returned."""
    with pytest.raises(NothingOwed, match="nothing left to pay: return it"):
        check_approval(a_bill(owed, placement=PlacementState.FLAGGED), None, GENERIC, [])


@pytest.mark.parametrize("reason", ["dispute", "time_barred", "minor_without_guarantor"])
def test_what_stands_in_the_way_is_told(reason: str) -> None:
    """A hold, plan, death, age or limitation refuses the placement in readable words."""
    with pytest.raises(Objected, match=reason.replace("_", " ")):
        check_approval(FLAGGED, reason, GENERIC, [])


def test_where_the_law_wants_a_letter_there_must_be_a_way_to_send_one() -> None:
    """Sweden's policy refuses every placement without a letter channel."""
    with pytest.raises(WrittenNoticeMissing, match="policy se demands a written notice first"):
        check_approval(FLAGGED, None, SE, [Channel.SMS, Channel.TELEGRAM])
