"""What stands on a bill, out of what was booked."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing.bills import invoice
from billing.bills.invoice import Invoice
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money

DAY = date(2026, 3, 2)


def _entry(kind: EntryKind, amount: int, number: int, **more: Any) -> Entry:
    return Entry("A", kind, Money(amount, "USD"), DAY, f"s{number}", "B", id=number, **more)


def _read(entries: list[Entry]) -> Invoice:
    return Invoice(
        "B", "1", "18", DAY, DAY, "Ada", "", (), invoice.charged(entries, "USD"),
        tuple(invoice.payer_shares(entries, {"p": "Harbor"}, "USD")),
        tuple(invoice.movements(entries)),
        invoice.owed(entries, "USD"),
    )  # fmt: skip


def test_what_each_payer_did_is_told_apart() -> None:
    """Asked, paid, reduced, still asked, left: of each payer in the order it was asked."""
    entries = [
        _entry(EntryKind.CHARGE, 60000, 1),
        _entry(EntryKind.CLAIM, -60000, 2, payer_id="p"),
        _entry(EntryKind.CLAIM, 60000, 3, payer_id="p"),
        _entry(EntryKind.PAYER, -20000, 4, payer_id="p"),
        _entry(EntryKind.ADJUSTMENT, -10000, 5, payer_id="p"),
        _entry(EntryKind.CLAIM, -30000, 6, payer_id="q"),
    ]
    first, second = _read(entries).payers
    assert (first.name, first.asked.minor, first.paid.minor, first.adjusted.minor, first.left.minor) == (
        "Harbor", 60000, 20000, 10000, 30000,
    )  # fmt: skip
    assert (second.name, second.asked.minor, second.pending.minor, second.left.minor) == (
        "q",
        30000,
        30000,
        0,
    )


def test_a_payment_that_bounced_stays_and_a_fee_taken_back_goes() -> None:
    """Both bookings of money are read; a fee nobody heard leaves no trace on paper."""
    paid = _entry(EntryKind.PAYMENT, -5000, 2)
    fee = _entry(EntryKind.FEE, 600, 3)
    entries = [_entry(EntryKind.CHARGE, 60000, 1), paid, fee]
    entries += [
        _entry(EntryKind.REVERSAL, 5000, 4, reverses=2),
        _entry(EntryKind.REVERSAL, -600, 5, reverses=3),
    ]
    found = _read(entries)
    assert [(one.kind, one.reversed) for one in found.movements] == [
        (EntryKind.PAYMENT, False), (EntryKind.PAYMENT, True),
    ]  # fmt: skip
    assert (found.paid.minor, found.extras.minor, found.owed.minor) == (0, 0, 60000)


_MORE = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in EntryKind if kind is not EntryKind.REVERSAL]),
        st.integers(-90000, 90000),
        st.sampled_from([None, "p", "q"]),
    ),
    max_size=12,
)


@given(more=_MORE, back=st.integers(0, 12))
def test_everything_that_is_read_adds_up_to_what_is_owed(
    more: list[tuple[EntryKind, int, str | None]], back: int
) -> None:
    """Total less payers, plus corrections and fees, less payments: always the balance, to the cent."""
    entries = [_entry(kind, sum_, i, payer_id=payer) for i, (kind, sum_, payer) in enumerate(more, 1)]
    if back and back <= len(entries):
        one = entries[back - 1]
        kinds = {"reverses": one.id, "payer_id": one.payer_id}
        entries.append(_entry(EntryKind.REVERSAL, -one.amount.minor, 99, **kinds))
    found = _read(entries)
    parts = found.total.minor - found.covered.minor + found.corrections.minor + found.extras.minor
    assert parts - found.paid.minor == found.owed.minor
