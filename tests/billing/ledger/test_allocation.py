"""Payments: which debt they settle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.allocation import Debt, PaymentShare, allocate
from tests.builders import day

debts = st.lists(
    st.builds(
        Debt,
        st.sampled_from(["b1", "b2", "b3", "b4", "b5"]),
        st.dates(date(2026, 1, 1), date(2026, 1, 9)),
        st.integers(-100, 500),
    ),
    unique_by=lambda debt: debt.bill_id,
)
named = st.one_of(st.none(), st.sampled_from(["b1", "b3", "elsewhere"]))


@given(st.integers(1, 2000), debts, named)
def test_a_payment_is_spread_to_the_cent(amount: int, owed: list[Debt], first: str | None) -> None:
    """The shares are positive and add up to the payment, and no bill gets more than is owed on it."""
    shares = allocate(amount, owed, first)
    assert amount == sum(share.amount for share in shares)
    assert all(share.amount > 0 for share in shares)
    most = {debt.bill_id: debt.owed for debt in owed}
    settled = [share.bill_id for share in shares if share.bill_id]
    assert len(settled) == len(set(settled))
    assert all(share.amount <= most[share.bill_id] for share in shares if share.bill_id)


@given(st.integers(1, 2000), debts, named)
def test_credit_is_left_only_when_nothing_is_owed(amount: int, owed: list[Debt], first: str | None) -> None:
    """A part stays as credit only if every bill is settled in full."""
    shares = allocate(amount, owed, first)
    left = sum(share.amount for share in shares if share.bill_id is None)
    assert max(0, amount - sum(max(0, debt.owed) for debt in owed)) == left


@given(st.integers(1, 2000), debts, named)
def test_a_later_bill_gets_nothing_before_an_earlier_one_is_settled(
    amount: int, owed: list[Debt], first: str | None
) -> None:
    """Among the bills the payment does not name, the oldest due date is settled first."""
    got = {share.bill_id: share.amount for share in allocate(amount, owed, first)}
    others = [debt for debt in owed if debt.bill_id != first and debt.owed > 0]
    for early in others:
        for late in others:
            if early.due_on < late.due_on and late.bill_id in got:
                assert early.owed == got[early.bill_id]


@given(st.integers(1, 2000), debts)
def test_the_order_of_the_bills_does_not_matter(amount: int, owed: list[Debt]) -> None:
    """The same payment over the same bills is always spread alike."""
    assert allocate(amount, owed) == allocate(amount, reversed(owed))


def test_the_named_bill_comes_first() -> None:
    """A payment with a reference settles that bill before any older one."""
    old = Debt("b1", day("2026-01-01"), 300)
    new = replace(old, bill_id="b2", due_on=day("2026-03-01"))
    assert [PaymentShare("b2", 300), PaymentShare("b1", 200)] == allocate(500, [old, new], first="b2")
    assert [PaymentShare("b1", 300), PaymentShare("b2", 200)] == allocate(500, [new, old])


def test_too_much_stays_as_credit() -> None:
    """What nobody owes waits without a bill."""
    assert [PaymentShare("b1", 300), PaymentShare(None, 50)] == allocate(
        350, [Debt("b1", day("2026-01-01"), 300)]
    )
    assert [PaymentShare(None, 50)] == allocate(50, [])
