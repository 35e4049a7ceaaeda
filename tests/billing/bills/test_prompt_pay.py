"""What paying promptly takes off: only of the person's own bills, only once it is earned."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from billing.bills import prompt_pay
from billing.bills.prompt_pay import PromptPayDiscount
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.policy import PromptPay, load

RULES = PromptPay(source="our choice", percent=10, within_days=10)
ISSUED, UNTIL, LATE = date(2026, 3, 2), date(2026, 3, 12), date(2026, 3, 13)
PROMISE = PromptPayDiscount(6_000, UNTIL)
IN_TIME, TOO_LATE = 1, 2
PAID_ON = {IN_TIME: UNTIL, TOO_LATE: LATE}


def entry(kind: EntryKind, amount: int, number: int, **more: object) -> Entry:
    """One line of a bill of 600.00; positive amounts make more to pay."""
    one = Entry("A", kind, Money(amount, "USD"), LATE, f"s{number}", "B1", id=number)
    return replace(one, **more)  # type: ignore[arg-type]


CHARGE = entry(EntryKind.CHARGE, 60_000, 1)


def paid(amount: int, number: int, payment: int = IN_TIME) -> Entry:
    """A payment, whenever it was booked: what counts is the day it was made."""
    return entry(EntryKind.PAYMENT, -amount, number, payment_id=payment)


@pytest.mark.parametrize(
    ("entries", "off"),
    [
        ([CHARGE], 0),
        ([CHARGE, paid(53_999, 2)], 0),
        ([CHARGE, paid(54_000, 2)], 6_000),
        ([CHARGE, paid(60_000, 2)], 6_000),
        ([CHARGE, paid(54_000, 2, TOO_LATE)], 0),
        ([CHARGE, paid(30_000, 2), paid(24_000, 3)], 6_000),
        ([CHARGE, paid(30_000, 2), paid(24_000, 3, TOO_LATE)], 0),
        ([CHARGE, paid(54_000, 2), paid(54_000, 2).reversal(LATE, "r")], 0),
        ([CHARGE, entry(EntryKind.FEE, 1_000, 2), paid(54_000, 3)], 0),
        ([CHARGE, entry(EntryKind.ADJUSTMENT, -58_000, 2), paid(1_000, 3)], 2_000),
        ([CHARGE, entry(EntryKind.ADJUSTMENT, -60_000, 2, rule="aid:x")], 0),
        ([CHARGE, paid(54_000, 2), entry(EntryKind.ADJUSTMENT, -6_000, 3, rule="prompt_pay")], 6_000),
        ([CHARGE, paid(54_000, 2), entry(EntryKind.PAYER, -100, 3, payer_id="BH")], 0),
    ],
)
def test_it_is_earned_by_what_comes_in_time(entries: list[Entry], off: int) -> None:
    """In one sum or several, up to and with the day; never by money that bounced or came later."""
    assert prompt_pay.earned(PROMISE, entries, PAID_ON) == off


def test_a_share_that_a_payer_left_is_never_lowered() -> None:
    """A co-payment may not be given up as a rule: where a payer did anything, nothing is promised."""
    payer = entry(EntryKind.PAYER, -40_000, 2, payer_id="BH")
    contract = entry(EntryKind.ADJUSTMENT, -100, 3, payer_id="BH")
    asked = entry(EntryKind.CLAIM, -60_000, 4, payer_id="BH")
    for one in (payer, contract, asked):
        assert prompt_pay.promised(RULES, [CHARGE, one], ISSUED, LATE) is None
    taken_back = [CHARGE, asked, replace(asked, amount=Money(60_000, "USD"), id=5)]
    assert prompt_pay.promised(RULES, taken_back, ISSUED, LATE) == PROMISE


def test_a_promise_is_of_what_is_left_to_pay_and_ends_when_the_bill_is_due() -> None:
    """Off unless a policy has it; nothing on a bill that is paid, or so small that a share is nothing."""
    assert prompt_pay.promised(None, [CHARGE], ISSUED, LATE) is None
    assert prompt_pay.promised(RULES, [CHARGE, paid(60_000, 2)], ISSUED, LATE) is None
    assert prompt_pay.promised(RULES, [entry(EntryKind.CHARGE, 4, 1)], ISSUED, LATE) is None
    assert prompt_pay.promised(RULES, [CHARGE, paid(10_000, 2)], ISSUED, LATE) == PromptPayDiscount(
        5_000, UNTIL
    )
    assert prompt_pay.promised(RULES, [CHARGE], ISSUED, date(2026, 3, 5)) == PromptPayDiscount(
        6_000, date(2026, 3, 5)
    )


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_a_share_is_never_more_than_its_half(amount: int, percent: int) -> None:
    """It is rounded in the person's favour, and stays below what is owed."""
    off = prompt_pay.share(RULES.model_copy(update={"percent": percent}), amount)
    assert amount * percent <= 100 * off + 50
    assert off <= (amount + 1) // 2


def test_no_policy_has_it_unless_somebody_says_so() -> None:
    """It is a choice of the creditor's, and has to fit into the days that a bill gives."""
    for name in ("generic", "us", "se", "us+care", "se+care"):
        assert load(name).prompt_pay is None
    whole = load("generic").model_dump(exclude={"version"})
    rules = {"source": "x", "percent": 5, "within_days": 31}
    with pytest.raises(ValidationError, match="within_days must be within"):
        type(load("generic")).model_validate(whole | {"prompt_pay": rules})
