"""Holds: what they cover, and until when."""

from __future__ import annotations

import pytest

from billing.accounts.holds import (
    HOLD_OF_INTENT,
    EndsInThePast,
    Hold,
    HoldKind,
    NoSuchHoldKind,
    StopStateHasNoEnd,
    check_end,
    kind_named,
    strongest,
)
from tests.builders import moment

NOW = moment("2026-03-01 12:00")


@pytest.mark.parametrize(
    ("account_id", "bill_id", "covers"),
    [
        (None, None, True),
        ("a1", None, True),
        ("a1", "b1", True),
        (None, "b1", True),
        ("a2", None, False),
        ("a1", "b2", False),
        ("a2", "b1", False),
    ],
)
def test_a_hold_covers_a_bill_an_account_or_everything(
    account_id: str | None, bill_id: str | None, covers: bool
) -> None:
    """The ids that are given say how far a hold reaches."""
    hold = Hold(HoldKind.MANUAL, "asked", account_id=account_id, bill_id=bill_id)
    assert covers is hold.covers("a1", "b1")
    assert (hold if covers else None) == strongest([hold], "a1", "b1", NOW)


def test_a_hold_runs_out_at_its_moment() -> None:
    """A hold stands to the moment before its end; one without an end stands for ever."""
    hold = Hold(HoldKind.PROMISE, "paying on Friday", until=NOW)
    assert hold.is_active_at(moment("2026-03-01 11:59"))
    assert not hold.is_active_at(NOW)
    assert Hold(HoldKind.LEGAL, "a lawyer").is_active_at(moment("2099-01-01 00:00"))


def test_the_longest_hold_is_the_strongest() -> None:
    """Of several holds the one that ends last counts, and one without an end outlasts all."""
    short = Hold(HoldKind.ALREADY_PAID, "said so", until=moment("2026-03-05 00:00"))
    long = Hold(HoldKind.DISPUTE, "wrong bill", until=moment("2026-04-01 00:00"))
    gone = Hold(HoldKind.HARDSHIP, "ill", until=moment("2026-02-01 00:00"))
    endless = Hold(HoldKind.DECEASED, "died")
    assert long == strongest([short, long, gone], "a1", "b1", NOW)
    assert endless == strongest([short, endless, long], "a1", "b1", NOW)
    assert strongest([gone], "a1", "b1", NOW) is None
    assert strongest([], "a1", "b1", NOW) is None


STOP_STATES = (
    "legal represented bankruptcy moratorium deceased minor vulnerable crisis ceased wrong_number "
    "wrong_person gfe_dispute aid_application"
)


def test_stop_states_are_those_only_a_person_lifts() -> None:
    """The states of docs/proof.md, invariant 38, and a crisis: none of them ends by itself."""
    stop_states = {kind for kind in HoldKind if kind.is_stop_state}
    assert {kind_named(name) for name in STOP_STATES.split()} <= stop_states
    for kind in stop_states:
        check_end(kind, None, NOW)
        if kind.traits.last_day:
            check_end(kind, moment("2026-04-01 00:00"), NOW)
            continue
        with pytest.raises(StopStateHasNoEnd, match=kind.value):
            check_end(kind, moment("2026-04-01 00:00"), NOW)


def test_any_other_hold_may_end_later_but_not_earlier() -> None:
    """A hold that would be over already is a mistake, and is refused."""
    check_end(HoldKind.MANUAL, moment("2026-03-01 12:01"), NOW)
    with pytest.raises(EndsInThePast):
        check_end(HoldKind.MANUAL, NOW, NOW)


def test_a_kind_is_named_as_people_write_it() -> None:
    """Small slips in a name do not matter; a name there is none of is refused with those there are."""
    assert kind_named("Already-paid") is HoldKind.ALREADY_PAID
    for kind in HoldKind:
        assert {kind_named(name) for name in (kind.value, *kind.traits.also_called)} == {kind}
    with pytest.raises(NoSuchHoldKind, match="claim_open"):
        kind_named("sulking")


def test_what_the_law_and_safety_ask_of_a_kind_is_in_its_entry() -> None:
    """Facts that must not be edited away; a new kind may have any of them."""
    traits = {kind.value: kind.traits for kind in HoldKind}
    known = ["crisis", "deceased", "legal", "minor", "wrong_number", "dispute", "hardship"]
    assert [intent for intent in HOLD_OF_INTENT if intent in known] == known
    assert [name for name in known if traits[name].interrupts] == ["crisis", "deceased", "legal", "minor"]
    assert [name for name in known if traits[name].everyday] == ["dispute", "hardship"]
    assert [traits[name].severity for name in known] == [1, 2, 2, 2, 3, 2, 2]
    assert traits["crisis"].takes_over
    assert traits["wrong_number"].unlinks
    assert traits["already_paid"].waits_for_desk
    assert traits["claim_open"].payer_undecided
    assert traits["dispute"].dispute
    assert traits["gfe_dispute"].dispute
    back = ["crisis", "deceased", "legal", "minor", "dispute", "hardship", "already_paid", "claim_open"]
    assert all(traits[name].calls_back for name in back)
    assert not traits["wrong_number"].calls_back
    assert (HoldKind.DECEASED.excluded_as, HoldKind.MINOR.excluded_as) == (
        "deceased",
        "minor_without_guarantor",
    )
