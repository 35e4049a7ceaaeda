"""The ledger: entries and what they add up to."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import Entry, EntryKind, balance, by_bill
from billing.money import Money
from billing.refusals import CurrencyMismatch
from tests.builders import day

TODAY = day("2026-02-01")


def _entry(minor: int, bill_id: str | None = "b1", currency: str = "USD") -> Entry:
    return Entry("a1", EntryKind.CHARGE, Money(minor, currency), TODAY, "import", bill_id, id=7, payment_id=3)


entries = st.lists(
    st.builds(
        _entry,
        st.integers(-(10**9), 10**9),
        st.one_of(st.none(), st.sampled_from(["b1", "b2", "b3"])),
    )
)


@given(entries)
def test_what_is_owed_on_the_bills_is_the_balance(lines: list[Entry]) -> None:
    """Bills and unused credit together come to exactly what all entries add up to."""
    assert balance(lines, "USD") == Money(sum(by_bill(lines).values()), "USD")
    assert sum(line.amount.minor for line in lines) == balance(lines, "USD").minor


@given(entries)
def test_reversing_everything_leaves_nothing(lines: list[Entry]) -> None:
    """Each entry and its reversal cancel to the cent, bill by bill."""
    undone = [*lines, *(line.reversal(TODAY, "mistake") for line in lines)]
    assert Money(0, "USD") == balance(undone, "USD")
    assert set(by_bill(undone).values()) <= {0}


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


def test_a_balance_has_one_currency() -> None:
    """An entry in another currency is refused rather than added."""
    with pytest.raises(CurrencyMismatch):
        balance([_entry(1), replace(_entry(1), amount=Money(1, "SEK"))], "USD")


def test_no_entries_owe_nothing() -> None:
    """An empty ledger is a balance of zero and no bills."""
    assert Money(0, "SEK") == balance([], "SEK")
    assert by_bill([]) == {}
