"""The state of an account and what holds it: the same answer for everything that shows one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from billing.accounts import account_state
from billing.accounts.account_state import AccountState, RegisteredStop, status_of
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PlacementState
from tests.builders import Someone, a_person, day, moment

NOW = moment("2026-03-01 12:00")
UTC = ZoneInfo("UTC")


def _status(someone: Someone, account: int = 0) -> tuple[str, list[str]]:
    mine = someone.snapshot.accounts[account]
    found = status_of(someone.snapshot, mine, mine.balance, NOW, UTC)
    return found.state.value, [kind.value for kind in found.holds]


def _owing() -> Someone:
    return a_person().owing(60000)


@pytest.mark.parametrize(
    ("someone", "state", "holds"),
    [
        (_owing(), "overdue", []),
        (_owing().dead(), "held", ["deceased"]),
        (_owing().born("2010-05-01"), "held", ["minor"]),
        (_owing().born("2010-05-01").dead(), "held", ["deceased"]),
        (_owing().born("2008-03-01"), "overdue", []),
        (_owing().promising(60000, "2026-03-05"), "held", ["promise"]),
        (_owing().held(HoldKind.DISPUTE, "2026-04-01 00:00"), "held", ["dispute"]),
        (_owing().held(HoldKind.DISPUTE, "2026-02-01 00:00"), "overdue", []),
        (a_person().owing(60000, due="2026-04-01"), "current", []),
        (a_person().owing(60000, due="2026-04-01").dead(), "held", ["deceased"]),
        (a_person().dead(), "settled", ["deceased"]),
        (a_person().owing(60000, placement=PlacementState.FLAGGED).dead(), "flagged", ["deceased"]),
        (a_person().owing(60000, placement=PlacementState.PLACED).dead(), "placed", ["deceased"]),
    ],
)
def test_the_gravest_thing_is_the_state_and_everything_that_holds_is_named(
    someone: Someone, state: str, holds: list[str]
) -> None:
    """Whether a person, a promise or the register holds an account, it says held and by what."""
    assert _status(someone) == (state, holds)


def test_every_stop_state_holds_an_account_also_one_on_a_plan() -> None:
    """Whichever it is, what only a person ends outranks a plan; an ordinary hold beside a plan does not."""
    planned = _owing().on_plan(3, 5, "2026-02-20")
    assert _status(planned) == ("on_plan", [])
    assert _status(planned.held(HoldKind.ALREADY_PAID)) == ("on_plan", ["already_paid"])
    assert _status(planned.dead()) == ("held", ["deceased"])
    for kind in HoldKind:
        if kind.is_stop_state:
            assert _status(_owing().held(kind)) == ("held", [kind.value])
            assert _status(planned.held(kind)) == ("held", [kind.value])


def test_a_death_holds_the_accounts_it_is_about() -> None:
    """A dead child's account is held, not the parent's; a dead parent holds the child's too."""
    both = _owing().answering_for("kid").owing(100)
    gone = _owing().answering_for("kid", died_on=day("2026-02-01")).owing(100)
    assert [_status(gone, number) for number in (0, 1)] == [("overdue", []), ("held", ["deceased"])]
    assert {_status(both.dead(), number)[0] for number in (0, 1)} == {"held"}
    assert {_status(both.born("2010-05-01"), number)[1][0] for number in (0, 1)} == {"minor"}


def test_a_hold_on_a_bill_holds_the_account_of_that_bill() -> None:
    """What names the bill alone, as a dispute by text does, is not shown at another account."""
    both = _owing().answering_for("kid").owing(100).held(HoldKind.DISPUTE, bill_id="b2")
    assert [_status(both, number) for number in (0, 1)] == [("overdue", []), ("held", ["dispute"])]
    named = _owing().answering_for("kid").owing(100).held(HoldKind.LEGAL, account_id="a1")
    assert [_status(named, number)[1] for number in (0, 1)] == [["legal"], []]


def test_a_stop_of_the_register_says_why() -> None:
    """Who died or is a minor, and whose account that holds; nothing where nothing is owed."""

    def stops_of(someone: Someone) -> list[RegisteredStop]:
        return list(account_state.stops_in_register(someone.snapshot, NOW, UTC))

    says = "the register says that"
    kid = a_person().answering_for("kid")
    gone = a_person().answering_for("kid", died_on=day("2026-02-01")).owing(100)
    deceased, minor = HoldKind.DECEASED, HoldKind.MINOR
    dead_parent = f"{says} p1, who answers for them, died on 2026-01-01"
    assert stops_of(gone) == [RegisteredStop("kid", "a2", deceased, f"{says} they died on 2026-02-01")]
    assert stops_of(kid.owing(100).dead()) == [RegisteredStop("kid", "a2", deceased, dead_parent)]
    assert [one.reason for one in stops_of(kid.owing(100).born("2010-05-01"))] == [
        f"{says} p1, who answers for them, is a minor"
    ]
    alone = RegisteredStop(
        "p1", "a1", minor, f"{says} they are a minor, and names nobody who answers for them"
    )
    assert stops_of(_owing().born("2010-05-01")) == [alone]
    assert stops_of(kid.dead()) == []
    assert stops_of(_owing()) == []


def test_the_states_are_the_seven_that_programs_know() -> None:
    """``kvitt accounts --json`` promises these names and no others."""
    known = {"settled", "current", "overdue", "on_plan", "held", "flagged", "placed"}
    assert {state.value for state in AccountState} == known
