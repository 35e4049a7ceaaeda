"""Which finished accounts become bills: pure rules, whatever the database holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from billing import policy
from billing.accounts.channels import Channel
from billing.bills import billing_run
from billing.bills.billing_run import (
    BillCandidate,
    RunReason,
    RunVerdict,
    Settles,
    due_on,
    due_when_sent,
    propose,
)
from billing.policy import Billing

GENERIC = policy.load("generic")
SWEDEN = policy.load("se")


def _one(bill_id: str = "B1", remainder: int = 10000, **more: Any) -> BillCandidate:
    facts: dict[str, Any] = {"ways": (Channel.LETTER,)}
    return BillCandidate(bill_id, more.pop("account_id", "A"), "p", "USD", remainder, **(facts | more))


def test_an_agreed_term_holds_and_is_never_shorter_than_the_least() -> None:
    """Whoever agreed to 45 days has them, to 5 has the least there is, to nothing the usual."""
    rules = GENERIC.model_copy(update={"bank_days": None})
    usual, least = rules.billing.days_to_pay, rules.billing.least_days
    day = date(2026, 3, 2)
    terms = [(due_on(rules, day, agreed) - day).days for agreed in (None, 45, 5)]
    assert terms == [usual, 45, least]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"finished": False, "excluded": "deceased"}, RunReason.CLAIM_OPEN),
        ({"payers_not_asked": True, "excluded": "deceased"}, RunReason.PAYERS_NOT_ASKED),
        ({"excluded": "deceased", "held": "legal"}, "deceased"),
        ({"excluded": "minor_without_guarantor"}, "minor_without_guarantor"),
        ({"held": "dispute"}, RunReason.HELD),
        ({"ways": (), "protected": True}, RunReason.PROTECTED),
        ({"ways": ()}, RunReason.NO_WAY),
    ],
)
def test_what_keeps_a_bill_back_is_named(more: dict[str, Any], reason: str) -> None:
    """Each obstacle leaves the bill open, the gravest named."""
    (found,) = propose([_one(**more)], {}, {}, GENERIC)
    assert (found.verdict, found.reason) == (RunVerdict.LEAVE, reason)


@given(
    remainders=st.lists(st.integers(-5000, 90000), max_size=8),
    credit=st.integers(0, 200000),
    least=st.integers(0, 300),
)
def test_credit_is_used_once_and_no_more_than_there_is(
    remainders: list[int], credit: int, least: int
) -> None:
    """Over any bills of an account: never more credit than there is, never below zero, small ones wait."""
    rules = GENERIC.billing.model_copy(update={"smallest": Decimal(least)})
    chosen = GENERIC.model_copy(update={"billing": rules})
    proposed = propose([_one(f"B{i}", sum_) for i, sum_ in enumerate(remainders)], {"A": credit}, {}, chosen)
    assert sum(one.credit for one in proposed) <= credit
    assert all(one.credit <= max(one.candidate.remainder, 0) for one in proposed)
    billed = [one.to_pay for one in proposed if one.verdict is RunVerdict.BILL]
    assert all(sum_ > 0 for sum_ in billed)
    assert not billed or sum(billed) >= least * 100


def test_what_is_owed_already_counts_towards_the_limit() -> None:
    """A small bill goes out beside a larger one that was issued before."""
    rules = SWEDEN.model_copy(update={"billing": SWEDEN.billing})
    small = replace(_one(remainder=2000), currency="SEK")
    assert propose([small], {}, {}, rules)[0].reason is RunReason.SMALL
    assert propose([small], {}, {"A": 9000}, rules)[0].verdict is RunVerdict.BILL


def test_the_ways_are_those_that_work_in_order() -> None:
    """The customer's choice first, then the policy's order; a way that was tried is not taken again."""
    one = _one(ways=(Channel.SMS, Channel.LETTER, Channel.EMAIL), chosen=Channel.SMS)
    rules = GENERIC.billing
    assert billing_run.ways_to_send(one, rules) == (Channel.SMS, Channel.EMAIL, Channel.LETTER)
    assert billing_run.ways_to_send(one, rules, {Channel.SMS, Channel.EMAIL}) == (Channel.LETTER,)


def test_a_bill_is_due_on_a_bank_day_and_never_too_soon() -> None:
    """Thirty days on, over holidays; a bill that leaves late is due later, one in time stays as it is."""
    assert due_on(GENERIC, date(2026, 3, 2)) == date(2026, 4, 1)
    assert due_on(SWEDEN, date(2026, 11, 24)) == date(2026, 12, 28)  # over Christmas
    assert due_when_sent(GENERIC, date(2026, 4, 1), date(2026, 3, 10)) == date(2026, 4, 1)
    assert due_when_sent(GENERIC, date(2026, 4, 1), date(2026, 3, 25)) == date(2026, 4, 8)
    assert due_when_sent(SWEDEN, date(2026, 4, 1), date(2026, 3, 20)) == date(2026, 4, 7)  # over Easter


def test_numbers_have_their_prefix_and_digits() -> None:
    """As the policy writes them; a number that outgrows its digits is longer."""
    rules = Billing(source="x", prefix="K-", digits=4)
    assert [billing_run.invoice_number(rules, one) for one in (7, 12345)] == ["K-0007", "K-12345"]
    assert Settles.QUEUED.open
    assert not Settles.SENT.open


@pytest.mark.parametrize(
    "wrong", [{"days_to_pay": 5, "least_days": 14}, {"ways": ("sms", "sms")}, {"prefix": "kl einer"}]
)
def test_a_policy_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    """Too little time, a way named twice, a prefix no bank could carry."""
    with pytest.raises(ValidationError):
        Billing(source="x", **wrong)
