"""Refunds: permitted moves between states, and approval by two users above an amount."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal

if TYPE_CHECKING:
    from billing.ledger.money import Money


class RefundState(StrEnum):
    """State of a refund."""

    REQUESTED = "requested"
    APPROVED_ONCE = "approved_once"
    """One person has approved; above the policy's amount a second one must."""
    APPROVED = "approved"
    SENT = "sent"
    FAILED = "failed"
    """It came back, or could not be sent: the money is the customer's credit again."""
    REFUSED = "refused"

    @property
    def waits(self) -> bool:
        """Whether its money is set aside and has not left yet."""
        return self in {RefundState.REQUESTED, RefundState.APPROVED_ONCE, RefundState.APPROVED}


_MOVES: Final = {
    "approve": frozenset({RefundState.REQUESTED, RefundState.APPROVED_ONCE}),
    "refuse": frozenset({RefundState.REQUESTED, RefundState.APPROVED_ONCE, RefundState.APPROVED}),
    "send": frozenset({RefundState.APPROVED}),
    "fail": frozenset({RefundState.APPROVED, RefundState.SENT}),
}


class WrongRefundMove(Refusal):
    """A refund was to be moved from where it cannot go."""

    def __init__(self, refund_id: int, state: RefundState, move: str) -> None:
        super().__init__(
            f"refund {refund_id} is {state.value.replace('_', ' ')}: it cannot {move} from there"
        )


class SecondPerson(Refusal):
    """The same user approved a refund before; a second one is needed."""

    def __init__(self, refund_id: int, by: str) -> None:
        super().__init__(f"refund {refund_id} needs a second person: {by} has approved it already")


class TooMuchBack(Refusal):
    """The refund is larger than what is unused of the payment."""

    def __init__(self, payment_id: int, asked: Money, left: Money) -> None:
        super().__init__(
            f"payment {payment_id}: {asked.plain()} is asked back, but {left.plain()} {left.currency} of it "
            "is unused; only what no bill has used goes back"
        )


def check_move(refund_id: int, state: RefundState, move: str) -> None:
    """See that a refund may go there.

    Raises:
        WrongRefundMove: it may not.
    """
    if state not in _MOVES[move]:
        raise WrongRefundMove(refund_id, state, move)


def approval(refund_id: int, state: RefundState, before: str, by: str, *, needs_two: bool) -> RefundState:
    """Where an approval brings a refund; ``before`` is who approved it first.

    Raises:
        WrongRefundMove: it waits for no approval.
        SecondPerson: it needs somebody else.
    """
    check_move(refund_id, state, "approve")
    if not needs_two:
        return RefundState.APPROVED
    if state is RefundState.REQUESTED:
        return RefundState.APPROVED_ONCE
    if before.casefold() == by.casefold():
        raise SecondPerson(refund_id, by)
    return RefundState.APPROVED
