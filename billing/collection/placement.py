"""Placement with a collector: states, permitted moves, and what blocks one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PlacementState
from billing.dunning import blockers
from billing.dunning.blockers import Blocker
from billing.ledger.money import minor_units
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.policy import Policy


class Move(StrEnum):
    """What can happen to a placement."""

    FLAG = "flag"
    UNFLAG = "unflag"
    GIVE_BACK = "give_back"
    APPROVE_ONCE = "approve_once"
    PLACE = "place"
    ACKNOWLEDGE = "acknowledge"
    RECALL = "recall"
    CLOSE_PAID = "close_paid"
    CLOSE_RETURNED = "close_returned"
    WRITE_OFF = "write_off"


class PlacementRole(StrEnum):
    """Who moves a placement. The machine flags; everything that binds anybody is a person's."""

    KVITT = "kvitt"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class MoveRule:
    """From which states a move leads where, and whose it is; ``None`` is a bill without a placement."""

    sources: frozenset[PlacementState | None]
    target: PlacementState
    role: PlacementRole


_State = PlacementState
_WAITING: Final = frozenset({_State.FLAGGED, _State.APPROVED_ONCE})
_AWAY: Final = frozenset({_State.PLACED, _State.ACKNOWLEDGED})
_BACK: Final = frozenset({_State.RECALLED, _State.CLOSED_RETURNED})

MOVES: Final[Mapping[Move, MoveRule]] = {
    Move.FLAG: MoveRule(frozenset({None}), _State.FLAGGED, PlacementRole.KVITT),
    Move.UNFLAG: MoveRule(_WAITING, _State.RETURNED, PlacementRole.KVITT),
    Move.GIVE_BACK: MoveRule(_WAITING, _State.RETURNED, PlacementRole.DESK),
    Move.APPROVE_ONCE: MoveRule(frozenset({_State.FLAGGED}), _State.APPROVED_ONCE, PlacementRole.DESK),
    Move.PLACE: MoveRule(_WAITING, _State.PLACED, PlacementRole.DESK),
    Move.ACKNOWLEDGE: MoveRule(frozenset({_State.PLACED}), _State.ACKNOWLEDGED, PlacementRole.DESK),
    Move.RECALL: MoveRule(_AWAY, _State.RECALLED, PlacementRole.DESK),
    Move.CLOSE_PAID: MoveRule(_AWAY, _State.CLOSED_PAID, PlacementRole.DESK),
    Move.CLOSE_RETURNED: MoveRule(_AWAY, _State.CLOSED_RETURNED, PlacementRole.DESK),
    Move.WRITE_OFF: MoveRule(_AWAY | _BACK, _State.WRITTEN_OFF, PlacementRole.DESK),
}
"""All permitted moves; any other pair of state and move is refused."""


class PassingReason(StrEnum):
    """Why a placement is called back, for a while: the reminders begin again by themselves."""

    PAYMENT = "payment"
    AGREEMENT = "agreement"
    ERROR = "error"


RecallReason = PassingReason | HoldKind
"""Why a placement is called back: something that passes, or a kind of hold that a person lifts."""

RECALL_REASONS: Final[Mapping[str, RecallReason]] = {
    PassingReason.PAYMENT.value: PassingReason.PAYMENT,
    **{kind.value: kind for kind in HoldKind if kind.traits.recall_reason},
    PassingReason.AGREEMENT.value: PassingReason.AGREEMENT,
    PassingReason.ERROR.value: PassingReason.ERROR,
}
"""The reasons of a recall, by name."""


class Activity(StrEnum):
    """What a collector last reported of a placement; everything but ``none`` blocks a recall.

    These are the cases in which collectors refuse one (InDebted's Account Recall).
    """

    NONE = "none"
    PAID = "paid"
    ACTIVE_PLAN = "active_plan"
    PAYMENT_IN_TRANSIT = "payment_in_transit"
    DISPUTED = "disputed"


class NotFlagged(Refusal):
    """A bill that is not waiting for a decision was to be placed or returned."""

    def __init__(self, bill_id: str, state: str, by: str = "") -> None:
        current = f"{state.replace('_', ' ')} by {by}" if by else state.replace("_", " ")
        super().__init__(
            f"bill {bill_id} is not flagged for a collector (it is {current}): see kvitt placements list"
        )


class NothingOwed(Refusal):
    """A bill with nothing left to pay was to be placed."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"bill {bill_id} has nothing left to pay: return it with kvitt placements return")


class WrittenNoticeMissing(Refusal):
    """A bill may not be placed: the policy wants a written demand first, and none can be sent."""

    def __init__(self, bill_id: str, policy: str) -> None:
        super().__init__(
            f"bill {bill_id} cannot be placed: policy {policy} demands a written notice first, "
            "and no letter channel is set up"
        )


class FinalNoticeUnheard(Refusal):
    """A bill may not be placed: its final notice did not arrive in this episode of reminders."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(
            f"bill {bill_id} cannot be placed: its final notice was not heard since reminders last began; "
            "return it with kvitt placements return, and they go on"
        )


class PlacementBlocked(Refusal):
    """A blocker keeps the bill from being placed."""

    def __init__(self, bill_id: str, reason: str) -> None:
        super().__init__(f"bill {bill_id} cannot be placed now: {reason.replace('_', ' ')}")


class SecondPersonNeeded(Refusal):
    """The same person approved a placement twice, which needs two people."""

    def __init__(self, bill_id: str, by: str) -> None:
        super().__init__(f"bill {bill_id} needs two people, and {by} has approved it: ask a second person")


class OtherCollector(Refusal):
    """The second person names another collector than the first."""

    def __init__(self, bill_id: str, first: str, second: str) -> None:
        super().__init__(
            f"bill {bill_id} was approved for {first}, not for {second}: approve that, or return the bill"
        )


class BelowMinimum(Refusal):
    """Less is owed than the collector takes."""

    def __init__(self, bill_id: str, collector: str) -> None:
        super().__init__(f"bill {bill_id} is below what {collector} takes: return it, or name another")


class WrongMove(Refusal):
    """A move that the state of a placement does not allow."""

    def __init__(self, key: str, move: Move, state: str, by: str = "") -> None:
        current = f"{state.replace('_', ' ')} by {by}" if by else state.replace("_", " ")
        super().__init__(
            f"placement {key} cannot {move.value.replace('_', ' ')}: it is {current}; "
            f"see kvitt placements show {key}"
        )


class RecallBlocked(Refusal):
    """The collector reported something for which recalls are refused."""

    def __init__(self, key: str, activity: Activity) -> None:
        super().__init__(
            f"placement {key} cannot be recalled: the collector reports {activity.value.replace('_', ' ')}; "
            "settle it with them, or use --force"
        )


class StillOwed(Refusal):
    """A placement was to be closed as paid while something is owed."""

    def __init__(self, key: str, owed: str) -> None:
        super().__init__(f"placement {key} is not paid: {owed} is owed; close it with --as returned")


class NothingToWriteOff(Refusal):
    """A placement whose bill owes nothing was to be written off."""

    def __init__(self, key: str) -> None:
        super().__init__(f"placement {key} has nothing to write off: close it with --as paid")


class NotHandedOver(Refusal):
    """The placement is in no file yet, so that it cannot be acknowledged."""

    def __init__(self, key: str) -> None:
        super().__init__(f"placement {key} is in no file yet: kvitt placements export writes one")


def key_for(bill_id: str, number: int) -> str:
    """What both sides call a placement: the bill and how many times it was placed."""
    return f"{bill_id}-P{number}"


def may(move: Move, state: PlacementState | None) -> bool:
    """Whether a placement in this state may make this move."""
    return state in MOVES[move].sources


def check_move(key: str, move: Move, state: PlacementState, by: str = "") -> PlacementState:
    """Where a move leads; ``by`` is who brought the placement to where it is, for whoever is told no.

    Raises:
        WrongMove: the state does not allow it.
    """
    if not may(move, state):
        raise WrongMove(key, move, state.value, by)
    return MOVES[move].target


def blocker(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> Blocker | None:
    """The blocker of a bill's placement, also of one that is placed already."""
    found = blockers.to_bill(person, account, replace(bill, placement=None), policy, now)
    if found is None and bill.owed < minor_units(policy.placement.minimum, account.currency):
        return Blocker("excluded", "below_minimum")
    return found


def check_approval(
    bill: BillSnapshot, blocker: str | None, policy: Policy, available: Iterable[Channel], by: str = ""
) -> None:
    """Check that a person may place this bill now.

    ``blocker`` is the result of :func:`billing.dunning.blockers.to_bill`; ``by`` is the user who decided
    about the bill before, if any.

    Raises:
        NotFlagged: it is not flagged, or was decided already.
        NothingOwed: it was paid meanwhile.
        Objected: a hold, plan, promise, death, age or limitation blocks it.
        FinalNoticeUnheard: it came back, or the reminders began again since.
        WrittenNoticeMissing: the policy needs a letter first.
    """
    if not bill.flagged:
        raise NotFlagged(bill.bill_id, bill.placement.value if bill.placement else "not flagged", by)
    if bill.owed <= 0:
        raise NothingOwed(bill.bill_id)
    if blocker:
        raise PlacementBlocked(bill.bill_id, blocker)
    writes = any(channel.capabilities.written for channel in available)
    if policy.placement.needs_written_notice and not writes:
        raise WrittenNoticeMissing(bill.bill_id, policy.name)
    if bill.heard < len(policy.levels):
        raise FinalNoticeUnheard(bill.bill_id)


def approval(bill_id: str, state: PlacementState, first: str, by: str, *, needs_two: bool) -> Move:
    """What one person's approval does: it places, or waits for a second person.

    Raises:
        SecondPersonNeeded: this person was the first.
    """
    if state is PlacementState.FLAGGED:
        return Move.APPROVE_ONCE if needs_two else Move.PLACE
    if first == by:
        raise SecondPersonNeeded(bill_id, by)
    return Move.PLACE


def check_recall(key: str, activity: Activity, *, force: bool) -> None:
    """Check that the collector would accept a recall.

    Raises:
        RecallBlocked: they reported a payment, plan or dispute, and the rep does not insist.
    """
    if activity is not Activity.NONE and not force:
        raise RecallBlocked(key, activity)
