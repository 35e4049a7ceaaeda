"""What a payment settled within a bill: to the cent, in the policy's order, and back again."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import policy
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.ledger.settlement import DebtPart, Split, settle_bill, split, spread

DAY = date(2026, 3, 2)
SWEDISH = policy.load("se").payments.order
ORDERS = [tuple(order) for order in permutations(DebtPart)]
orders = st.sampled_from(ORDERS)


def _entry(
    kind: EntryKind, minor: int, number: int = 0, reverses: int | None = None, payment: int | None = None
) -> Entry:
    return Entry(
        "a",
        kind,
        Money(minor, "SEK"),
        DAY,
        f"s{number}",
        "B1",
        payment_id=payment,
        reverses=reverses,
        id=number or None,
    )


def test_a_bill_is_capital_interest_and_costs() -> None:
    """What a payer took over lowers the debt itself; fees and interest stand apart."""
    booked = [
        (EntryKind.CHARGE, 100000),
        (EntryKind.PAYER, -40000),
        (EntryKind.FEE, 6000),
        (EntryKind.INTEREST, 493),
    ]
    assert split((_entry(*one) for one in booked), SWEDISH) == Split(60000, 493, 6000)


@pytest.mark.parametrize(
    ("paid", "left"),
    [(0, (60000, 493, 6000)), (300, (60000, 193, 6000)), (1000, (60000, 0, 5493)), (7000, (59493, 0, 0))],
)
def test_swedish_money_settles_interest_first_then_costs_then_the_debt(
    paid: int, left: tuple[int, int, int]
) -> None:
    """The order of handelsbalken 9 kap. 5 §."""
    booked = [
        (EntryKind.CHARGE, 60000),
        (EntryKind.FEE, 6000),
        (EntryKind.INTEREST, 493),
        (EntryKind.PAYMENT, -paid),
    ]
    assert split((_entry(*one) for one in booked), SWEDISH) == Split(*left)


def test_each_payment_tells_what_it_settled() -> None:
    """Two payments over a debt, a fee and interest: which part of each settled what."""
    booked = [
        _entry(EntryKind.CHARGE, 10000, 1),
        _entry(EntryKind.FEE, 600, 2),
        _entry(EntryKind.PAYMENT, -700, 3, payment=1),
        _entry(EntryKind.INTEREST, 50, 4),
        _entry(EntryKind.PAYMENT, -9960, 5, payment=2),
    ]
    found = settle_bill(booked, SWEDISH)
    assert [one.parts for one in found.payments] == [Split(100, 0, 600), Split(9900, 50, 0)]
    assert found.left == Split(-10, 0, 0)
    assert [one.unused for one in found.payments] == [0, 10]
    found = settle_bill(booked, policy.load("us").payments.order)
    assert [one.parts for one in found.payments] == [Split(700, 0, 0), Split(9300, 50, 600)]


def test_a_fee_that_was_waived_is_no_cost_and_frees_what_had_paid_it() -> None:
    """A reversal takes back what it reverses; the money that settled it settles something else."""
    fee, back = _entry(EntryKind.FEE, 6000, 2), _entry(EntryKind.REVERSAL, -6000, 4, reverses=2)
    paid = _entry(EntryKind.PAYMENT, -5000, 3)
    assert split([_entry(EntryKind.CHARGE, 60000, 1), fee, back], SWEDISH) == Split(60000, 0, 0)
    found = settle_bill([_entry(EntryKind.CHARGE, 60000, 1), fee, paid, back], SWEDISH)
    assert found.left == Split(55000, 0, 0)
    assert found.payments[0].parts == Split(5000, 0, 0)


def test_a_payment_that_bounced_leaves_owed_what_it_had_settled() -> None:
    """The same parts come back, not others; the payment after it stays where it was."""
    booked = [
        _entry(EntryKind.CHARGE, 10000, 1),
        _entry(EntryKind.INTEREST, 100, 2),
        _entry(EntryKind.PAYMENT, -600, 3, payment=1),
        _entry(EntryKind.PAYMENT, -400, 4, payment=2),
        _entry(EntryKind.REVERSAL, 600, 5, reverses=3, payment=1),
    ]
    found = settle_bill(booked, SWEDISH)
    assert found.left == Split(9600, 100, 0)
    assert [one.parts.total for one in found.payments] == [0, 400]


def test_what_goes_back_in_part_is_owed_again_from_the_part_settled_last() -> None:
    """First what was of no use, then the debt, then fees, then interest: the order of settling, backwards."""
    booked = [
        _entry(EntryKind.CHARGE, 1000, 1),
        _entry(EntryKind.FEE, 60, 2),
        _entry(EntryKind.INTEREST, 5, 3),
        _entry(EntryKind.PAYMENT, -1070, 4, payment=1),
    ]
    for back, left in ((5, Split(0, 0, 0)), (505, Split(500, 0, 0)), (1035, Split(1000, 0, 30))):
        found = settle_bill([*booked, _entry(EntryKind.PAYMENT, back, 5, payment=1)], SWEDISH)
        assert found.left == left


drawn = st.lists(
    st.tuples(
        st.sampled_from(list(EntryKind)),
        st.integers(-99999, 99999),
        st.none() | st.integers(1, 12),
        st.integers(1, 3),
    ),
    max_size=12,
)


@given(drawn, orders)
def test_the_parts_always_add_up_to_what_is_owed(
    booked: list[tuple[EntryKind, int, int | None, int]], order: tuple[DebtPart, ...]
) -> None:
    """Whatever was booked and taken back, no cent is lost between the parts, nor within a payment."""
    entries = [_entry(kind, minor, n, back, pay) for n, (kind, minor, back, pay) in enumerate(booked, 1)]
    found = settle_bill(entries, order)
    assert found.left.total == sum(entry.amount.minor for entry in entries)
    assert min(found.left.interest, found.left.costs) >= 0
    for one in found.payments:
        assert min(one.parts.principal, one.parts.interest, one.parts.costs, one.unused) >= 0
        assert one.parts.total + one.unused <= -one.entry.amount.minor


@given(st.integers(0, 9999), st.integers(0, 999), st.integers(0, 999), st.integers(0, 15000), orders)
def test_no_part_is_skipped_and_none_is_dropped(
    debt: int, interest: int, fees: int, paid: int, order: tuple[DebtPart, ...]
) -> None:
    """A later part gets money only once the one before it is settled, and all of the money is used."""
    owed = Split(debt, interest, fees)
    settled = spread(paid, owed, order)
    assert settled.total == min(paid, owed.total)
    names = {"principal": "principal", "interest": "interest", "fees": "costs"}
    left = [getattr(owed, names[part]) - getattr(settled, names[part]) for part in order]
    got = [getattr(settled, names[part]) for part in order]
    assert all(not got[later] for first in range(3) if left[first] for later in range(first + 1, 3))
