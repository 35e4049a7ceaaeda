"""Where the money of a payment is, and how it leaves: never more than is there."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.ledger.payment_use import PaymentUse, back, left, live, places

DAY = date(2026, 3, 2)


def _entry(number: int, bill_id: str | None, minor: int, reverses: int | None = None) -> Entry:
    kind = EntryKind.REVERSAL if reverses else EntryKind.PAYMENT
    return Entry("A", kind, Money(minor, "USD"), DAY, f"s{number}", bill_id, 7, reverses=reverses, id=number)


def _back(entries: list[Entry], minor: int) -> list[tuple[str | None, int]]:
    found = back(entries, Money(minor, "USD"), EntryKind.REFUND, DAY, "r")
    assert all(entry.payment_id == 7 for entry in found)
    assert [entry.source for entry in found] == [f"r:{number}" for number in range(len(found))]
    return [(entry.bill_id, entry.amount.minor) for entry in found]


def test_credit_leaves_first_then_the_bill_settled_last() -> None:
    """So that what is owed again is what was paid last."""
    entries = [_entry(1, "B1", -500), _entry(2, "B2", -300), _entry(3, None, -50)]
    assert places(entries) == [
        PaymentUse("A", None, 50),
        PaymentUse("A", "B2", 300),
        PaymentUse("A", "B1", 500),
    ]
    assert _back(entries, 400) == [(None, 50), ("B2", 300), ("B1", 50)]


def test_what_was_taken_back_is_nowhere() -> None:
    """A reversed entry holds nothing, nor does its reversal."""
    entries = [_entry(1, "B1", -500), _entry(2, "B1", 500, reverses=1)]
    assert (live(entries), places(entries), left(entries), _back(entries, 10)) == ([], [], 0, [])


@given(
    st.lists(st.tuples(st.sampled_from(["B1", "B2", None]), st.integers(1, 900)), max_size=6),
    st.integers(1, 3000),
)
def test_no_more_leaves_than_is_there(shares: list[tuple[str | None, int]], amount: int) -> None:
    """From no bill, and not over all of them."""
    entries = [_entry(number, bill_id, -minor) for number, (bill_id, minor) in enumerate(shares, 1)]
    gone = _back(entries, amount)
    assert sum(minor for _, minor in gone) == min(amount, left(entries))
    there = {place.bill_id: place.amount for place in places(entries)}
    assert all(minor <= there[bill_id] for bill_id, minor in gone)
