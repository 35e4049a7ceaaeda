"""The ledger: entries and what they add up to."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from tests.builders import day

TODAY = day("2026-02-01")


def _entry(minor: int, bill_id: str | None = "b1") -> Entry:
    return Entry("a1", EntryKind.CHARGE, Money(minor, "USD"), TODAY, "import", bill_id, id=7, payment_id=3)


@given(st.integers(-(10**9), 10**9), st.one_of(st.none(), st.sampled_from(["b1", "b2", "b3"])))
def test_an_entry_and_its_reversal_cancel(minor: int, bill_id: str | None) -> None:
    """To the cent, and on the same bill."""
    entry = _entry(minor, bill_id)
    undone = entry.reversal(TODAY, "mistake")
    assert entry.amount + undone.amount == Money(0, "USD")
    assert undone.bill_id == bill_id


def test_a_reversal_says_what_it_takes_back() -> None:
    """A reversal stands on the same account, bill and payment, and points to the entry."""
    entry = _entry(500)
    assert Entry(
        account_id="a1",
        kind=EntryKind.REVERSAL,
        amount=Money(-500, "USD"),
        booked_on=day("2026-03-01"),
        source="desk",
        bill_id="b1",
        payment_id=3,
        reverses=7,
    ) == entry.reversal(day("2026-03-01"), "desk")


def test_an_entry_is_never_changed() -> None:
    """Nothing can be written over an entry."""
    with pytest.raises(FrozenInstanceError):
        _entry(500).amount = Money(1, "USD")  # type: ignore[misc]
