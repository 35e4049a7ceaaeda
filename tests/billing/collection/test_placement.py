"""Placement: what a person may approve, and what is refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PlacementState
from billing.collection import placement
from billing.collection.placement import (
    MOVES,
    Activity,
    FinalNoticeUnheard,
    Move,
    NotFlagged,
    NothingOwed,
    PlacementBlocked,
    PlacementRole,
    RecallBlocked,
    SecondPersonNeeded,
    WrittenNoticeMissing,
    WrongMove,
    approval,
    check_approval,
    check_move,
    check_recall,
)
from tests.builders import Someone, a_bill, a_person, heard_up_to, moment

if TYPE_CHECKING:
    from collections.abc import Callable

GENERIC, SE = policy.load("generic"), policy.load("se")
HEARD = heard_up_to(4, "2026-03-20 12:00")
FLAGGED = a_bill(60000, placement=PlacementState.FLAGGED, steps=HEARD)


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


def test_a_bill_whose_final_notice_was_not_heard_is_not_placed() -> None:
    """A notice that came back, or reminders that began again, take the ground from under a placement."""
    unheard = a_bill(60000, placement=PlacementState.FLAGGED, steps=HEARD[:3])
    with pytest.raises(FinalNoticeUnheard, match="b1 cannot be placed: its final notice"):
        check_approval(unheard, None, GENERIC, [])


@pytest.mark.parametrize("owed", [0, -500])
def test_a_paid_bill_is_never_placed(owed: int) -> None:
    """A bill paid while it waited for the decision is to be returned."""
    with pytest.raises(NothingOwed, match="nothing left to pay: return it"):
        check_approval(a_bill(owed, placement=PlacementState.FLAGGED), None, GENERIC, [])


@pytest.mark.parametrize("reason", ["dispute", "time_barred", "minor_without_guarantor"])
def test_what_stands_in_the_way_is_told(reason: str) -> None:
    """A hold, plan, death, age or limitation refuses the placement in readable words."""
    with pytest.raises(PlacementBlocked, match=reason.replace("_", " ")):
        check_approval(FLAGGED, reason, GENERIC, [])


def test_where_the_law_wants_a_letter_there_must_be_a_way_to_send_one() -> None:
    """Sweden's policy refuses every placement without a letter channel."""
    with pytest.raises(WrittenNoticeMissing, match="policy se demands a written notice first"):
        check_approval(FLAGGED, None, SE, [Channel.SMS, Channel.TELEGRAM])


@given(st.lists(st.sampled_from(Move), max_size=30))
def test_a_life_never_leaves_the_table(moves: list[Move]) -> None:
    """Whatever is tried in any order, a move leads where the table says, or is refused."""
    state = PlacementState.FLAGGED
    for move in moves:
        rule = MOVES[move]
        if state in rule.sources:
            state = check_move("b1-P1", move, state)
            assert state is rule.target
        else:
            with pytest.raises(WrongMove, match=r"b1-P1 cannot .* see kvitt placements show b1-P1"):
                check_move("b1-P1", move, state)


def test_what_binds_anybody_is_moved_by_a_person() -> None:
    """The machine only flags, and takes back a flag that has nothing left to decide."""
    assert {move for move, rule in MOVES.items() if rule.role is PlacementRole.KVITT} == {
        Move.FLAG,
        Move.UNFLAG,
    }


def test_paid_and_written_off_are_the_end() -> None:
    """Nothing moves on from there; what came back can only be written off."""
    ends = {PlacementState.CLOSED_PAID, PlacementState.WRITTEN_OFF, PlacementState.RETURNED}
    assert not any(rule.sources & ends for rule in MOVES.values())
    back = {PlacementState.RECALLED, PlacementState.CLOSED_RETURNED}
    assert {move for move, rule in MOVES.items() if rule.sources & back} == {Move.WRITE_OFF}


def test_a_second_approval_is_a_second_persons() -> None:
    """Small amounts need one person; large ones two, and never the same one twice."""
    first, waits = PlacementState.FLAGGED, PlacementState.APPROVED_ONCE
    assert approval("b1", first, "", "kim", needs_two=False) is Move.PLACE
    assert approval("b1", first, "", "kim", needs_two=True) is Move.APPROVE_ONCE
    assert approval("b1", waits, "kim", "lee", needs_two=True) is Move.PLACE
    for needs_two in (True, False):
        with pytest.raises(SecondPersonNeeded, match="kim has approved it: ask a second person"):
            approval("b1", waits, "kim", "kim", needs_two=needs_two)


@pytest.mark.parametrize("activity", [one for one in Activity if one is not Activity.NONE])
def test_a_recall_is_blocked_by_what_the_collector_tells(activity: Activity) -> None:
    """Paid, on a plan, in transit or disputed there: only an insisting person calls it back."""
    with pytest.raises(RecallBlocked, match="use --force"):
        check_recall("b1-P1", activity, force=False)
    check_recall("b1-P1", activity, force=True)
    check_recall("b1-P1", Activity.NONE, force=False)


OBSTACLES: dict[str, Callable[[Someone], Someone]] = {
    "dead": Someone.dead,
    "minor": lambda one: one.born("2020-01-01"),
    "plan": lambda one: one.on_plan(3, 25, "2026-03-01"),
    "promise": lambda one: one.promising(60000, "2026-03-10"),
    "already paid": lambda one: one.with_case("already_paid:1"),
    "with a person": Someone.with_a_person,
    **{f"held {kind.value}": partial(Someone.held, kind=kind) for kind in HoldKind},
}
NOW = moment("2026-03-02 12:00")


@given(st.sets(st.sampled_from(sorted(OBSTACLES))), st.sampled_from(PlacementState))
def test_nothing_is_placed_past_an_obstacle(obstacles: set[str], state: PlacementState) -> None:
    """Under a hold, plan, promise, dispute, death or for a minor no state lets a person place a bill."""
    someone = a_person().owing(60000, placement=state, steps=HEARD)
    for name in sorted(obstacles):
        someone = OBSTACLES[name](someone)
    found = placement.blocker(someone.snapshot, someone.account, someone.bill, GENERIC, NOW)
    assert (found is None) is (not obstacles)
    if obstacles or not state.undecided:
        with pytest.raises((PlacementBlocked, NotFlagged)):
            check_approval(someone.bill, found.reason if found else None, GENERIC, [])
    else:
        check_approval(someone.bill, None, GENERIC, [])


def test_a_time_barred_bill_is_never_placed() -> None:
    """After the limitation date the approval is refused, whoever gives it."""
    old = a_person().owing(60000, "2010-01-31", issued="2010-01-01", placement=PlacementState.FLAGGED)
    found = placement.blocker(old.snapshot, old.account, old.bill, GENERIC, NOW)
    assert found is not None
    with pytest.raises(PlacementBlocked, match="time barred"):
        check_approval(old.bill, found.reason, GENERIC, [])
