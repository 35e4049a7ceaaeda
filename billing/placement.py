"""Handing a bill to a collector: what a person may approve, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.channels import Channel
from billing.picture import PlacementState
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from billing.picture import BillPicture
    from billing.policy import Policy


class NotFlagged(Refusal):
    """A bill that is not waiting for a decision was to be placed or returned."""

    def __init__(self, bill_id: str, state: str) -> None:
        super().__init__(
            f"bill {bill_id} is not flagged for a collector (it is {state}): see kvitt placements list"
        )


class NothingOwed(Refusal):
    """A bill with nothing left to pay was to be placed."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"bill {bill_id} has nothing left to pay: return it with kvitt placements return")


class WrittenNoticeMissing(Refusal):
    """The policy wants a written demand first and there is no way to send one."""

    def __init__(self, bill_id: str, policy: str) -> None:
        super().__init__(
            f"bill {bill_id} cannot be placed: policy {policy} demands a written notice first, "
            "and no letter channel is set up"
        )


class Objected(Refusal):
    """Something stands in the way of placing the bill."""

    def __init__(self, bill_id: str, reason: str) -> None:
        super().__init__(f"bill {bill_id} cannot be placed now: {reason.replace('_', ' ')}")


def check_approval(
    bill: BillPicture, objection: str | None, policy: Policy, available: Iterable[Channel]
) -> None:
    """Whether a person may hand this bill to a collector now.

    ``objection`` is what :func:`billing.objections.to_bill` found, if anything.

    Raises:
        NotFlagged: nobody flagged it, or it was decided already.
        NothingOwed: it was paid meanwhile.
        Objected: a hold, plan, promise, death, age or limitation stands in the way.
        WrittenNoticeMissing: the policy needs a letter first.
    """
    if bill.placement is not PlacementState.FLAGGED:
        raise NotFlagged(bill.bill_id, bill.placement.value if bill.placement else "not flagged")
    if bill.owed <= 0:
        raise NothingOwed(bill.bill_id)
    if objection:
        raise Objected(bill.bill_id, objection)
    if policy.placement.needs_written_notice and Channel.LETTER not in set(available):
        raise WrittenNoticeMissing(bill.bill_id, policy.name)
