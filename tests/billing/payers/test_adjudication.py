"""What a payer's answer makes of a claim: to the unit, and nothing denied to us is the person's by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payers.adjudication import (
    AskedOtherwise,
    Outcome,
    UnknownLine,
    WrongCurrency,
    adjudicate,
    shares,
)
from billing.payers.claims import (
    Adjustment,
    AdjustmentGroup,
    AnswerDoesNotAddUp,
    AnswerLine,
    Claim,
    ClaimLine,
    ClaimState,
    ClaimVerdict,
    Code,
    PayerAnswer,
)
from billing.payers.denials import TABLE, DenialFate, DenialStep, fate, may_bill, step

DAY = date(2026, 3, 2)
REASONS = ["45", "1", "2", "16", "18", "22", "23", "27", "29", "50", "96", "197", "999"]
MONEY = st.integers(0, 100_000)


def a_claim(*amounts: int, charged: int = 0) -> Claim:
    """A claim with a line for each amount; each charged so much more than is asked."""
    lines = tuple(
        ClaimLine(n, f"c{n}", DAY, Code("CPT", "99213"), "Visit", amount, amount + charged)
        for n, amount in enumerate(amounts, 1)
    )
    return Claim("C1-1", "B1", "ada", "acme", "v1", 1, "USD", lines, ClaimState.SENT)


def said(
    claim: Claim, *lines: AnswerLine, verdict: ClaimVerdict = ClaimVerdict.PAID, currency: str = "USD"
) -> PayerAnswer:
    """An answer to a claim."""
    return PayerAnswer("test", "1", claim.key, verdict, currency, DAY, lines)


def off(group: str, reason: str, amount: int) -> Adjustment:
    """An adjustment by its two codes."""
    return Adjustment(AdjustmentGroup(group), reason, amount)


@st.composite
def answers(draw: st.DrawFn) -> tuple[Claim, PayerAnswer]:
    """A claim, and an answer that adds up: by lines, as a whole, or by lines and a correction."""
    claim = a_claim(*draw(st.lists(st.integers(1, 50_000), min_size=1, max_size=5)))
    verdict = draw(st.sampled_from([ClaimVerdict.PAID, ClaimVerdict.DENIED]))
    if draw(st.booleans()):
        return claim, said(claim, draw(_answer_line(None, claim.amount)), verdict=verdict)
    lines = [draw(_answer_line(line.position, line.amount)) for line in claim.lines]
    if draw(st.booleans()):
        shift = draw(st.integers(0, sum(line.paid for line in lines)))
        group, reason = draw(st.sampled_from(list(AdjustmentGroup))), draw(st.sampled_from(REASONS))
        lines.append(AnswerLine(None, 0, -shift, (Adjustment(group, reason, shift),)))
    return claim, said(claim, *lines, verdict=verdict)


@st.composite
def _answer_line(draw: st.DrawFn, position: int | None, asked: int) -> AnswerLine:
    cuts = sorted(draw(st.lists(st.integers(0, asked), max_size=4)))
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, asked], strict=True)]
    over = draw(st.sampled_from([0, 0, 0, draw(MONEY)]))
    adjustments = [
        Adjustment(draw(st.sampled_from(list(AdjustmentGroup))), draw(st.sampled_from(REASONS)), part)
        for part in parts[1:]
    ]
    if over:
        adjustments.append(off("OA", "94", -over))
    return AnswerLine(position, asked, parts[0] + over, tuple(adjustments))


@given(answers())
def test_every_line_is_accounted_for_to_the_unit(given_: tuple[Claim, PayerAnswer]) -> None:
    """Paid, forgone, left and denied are what was asked, on each line and by reason; paid is what came."""
    claim, answer = given_
    found = adjudicate(claim, answer)
    for part in found.parts:
        assert part.paid + part.forgone + part.left + part.denied == part.line.amount
    assert found.paid == answer.paid
    assert sum(one.amount for one in found.forgone) == sum(part.forgone for part in found.parts)
    assert sum(one.amount for one in found.denied) == found.still_asked
    assert found.state is (ClaimState.DENIED if found.denied else ClaimState.ANSWERED)


@given(answers())
def test_what_is_denied_to_us_is_never_left_to_the_person(given_: tuple[Claim, PayerAnswer]) -> None:
    """What is left comes from PR alone, and no decision to bill the person can hold anything of CO."""
    claim, answer = given_
    found = adjudicate(claim, answer)
    patients = sum(
        one.amount
        for line in answer.lines
        for one in line.adjustments
        if one.group is AdjustmentGroup.PATIENT
    )
    assert found.left <= patients
    assert {one for one in found.denied if one.group is AdjustmentGroup.CONTRACT} <= set(found.barred)
    for decided in (found.released(), found.given_up()):
        assert decided.still_asked == 0
        assert decided.paid == found.paid
        assert _sum(decided) == claim.amount


def _sum(found: Outcome) -> int:
    return sum(part.paid + part.forgone + part.left + part.denied for part in found.parts)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_shares_add_up_and_keep_to_their_weights(total: int, weights: list[int]) -> None:
    """Nothing is lost in a split, and no line gets more than its weight where the weights reach."""
    found = shares(total, weights)
    assert sum(found) == total
    if sum(weights) >= total:
        assert all(0 <= one <= weight for one, weight in zip(found, weights, strict=True)) or not sum(weights)


def test_a_contract_is_nobodys_and_a_share_is_the_persons() -> None:
    """CO-45 is taken off, a deductible is left, and nothing needs a person."""
    claim = a_claim(10000)
    line = AnswerLine(1, 10000, 6000, (off("CO", "45", 3000), off("PR", "1", 1000)))
    found = adjudicate(claim, said(claim, line))
    assert (found.paid, found.left, found.still_asked) == (6000, 1000, 0)
    assert found.forgone == (off("CO", "45", 3000),)
    assert found.state is ClaimState.ANSWERED


@pytest.mark.parametrize(
    ("group", "reason", "proposed", "billable"),
    [
        ("CO", "16", DenialStep.CORRECT, False),
        ("CO", "125", DenialStep.CORRECT, False),
        ("OA", "129", DenialStep.CORRECT, True),
        ("CO", "252", DenialStep.CORRECT, False),
        ("CO", "50", DenialStep.APPEAL, False),
        ("CO", "197", DenialStep.APPEAL, False),
        ("PR", "27", DenialStep.BILL_PERSON, True),
        ("PR", "26", DenialStep.BILL_PERSON, True),
        ("PR", "96", DenialStep.BILL_PERSON, True),
        ("CO", "96", DenialStep.APPEAL, False),
        ("CO", "27", DenialStep.OTHER_PAYER, False),
        ("OA", "22", DenialStep.OTHER_PAYER, True),
        ("CO", "22", DenialStep.OTHER_PAYER, False),
        ("OA", "18", DenialStep.DUPLICATE, True),
        ("CO", "29", DenialStep.LOST, False),
        ("PR", "29", DenialStep.LOST, False),
        ("PI", "999", DenialStep.LOOK, True),
    ],
)
def test_each_denial_has_a_step(group: str, reason: str, proposed: DenialStep, billable: bool) -> None:
    """A denial goes to the desk with what to do; what may be billed then is another question."""
    one = off(group, reason, 100)
    assert fate(one, ClaimVerdict.PAID) is DenialFate.DENIED
    assert step(one) is proposed
    assert may_bill(one) is billable


def test_every_reason_has_a_meaning() -> None:
    """Nothing stands in the table without saying what it means."""
    assert all(one.means and one.reason == reason for reason, one in TABLE.items())


def test_a_later_payer_may_start_from_the_whole_charge() -> None:
    """OA-23 for just what others did is taken out on both sides; another amount is refused."""
    claim = a_claim(2000, charged=8000)
    line = AnswerLine(1, 10000, 1500, (off("OA", "23", 8000), off("PR", "2", 500)))
    found = adjudicate(claim, said(claim, line))
    assert (found.paid, found.left, found.still_asked) == (1500, 500, 0)
    whole = replace(line, position=None)
    assert adjudicate(claim, said(claim, whole)).left == 500
    short = AnswerLine(1, 10000, 1500, (off("OA", "23", 7000), off("PR", "2", 1500)))
    with pytest.raises(AskedOtherwise, match="line 1: the answer is about 10000, but 2000 was asked"):
        adjudicate(claim, said(claim, short))


def test_what_is_paid_too_much_is_not_the_persons_credit() -> None:
    """The surplus is booked against the payer's own reason, and nothing is left."""
    claim = a_claim(10000)
    found = adjudicate(claim, said(claim, AnswerLine(1, 10000, 12000, (off("OA", "94", -2000),))))
    assert (found.paid, found.left, found.overpaid) == (12000, 0, 2000)
    assert found.forgone == (off("OA", "94", -2000),)


@pytest.mark.parametrize(
    ("lines", "refusal", "text"),
    [
        (
            (AnswerLine(1, 100, 90),),
            AnswerDoesNotAddUp,
            "line 1: asked 100, but paid and adjusted come to 90",
        ),
        ((AnswerLine(3, 100, 100),), UnknownLine, "line 3 is not one of its 2 lines"),
        ((AnswerLine(1, 100, 100), AnswerLine(1, 100, 100)), UnknownLine, "answered twice"),
        ((AnswerLine(1, 100, 100),), AskedOtherwise, "the answer is about 100, but 150 was asked"),
        ((AnswerLine(1, 90, 90),), AskedOtherwise, "line 1: the answer is about 90, but 100 was asked"),
        ((AnswerLine(None, 100, 100),), AskedOtherwise, "as a whole: the answer is about 100, but 150"),
    ],
)
def test_an_answer_to_something_else_is_refused(
    lines: tuple[AnswerLine, ...], refusal: type[Exception], text: str
) -> None:
    """Each refusal names the claim, the line, and both amounts."""
    claim = a_claim(100, 50)
    with pytest.raises(refusal, match=text):
        adjudicate(claim, said(claim, *lines))


def test_another_currency_is_refused() -> None:
    """Amounts of two currencies are never compared."""
    claim = a_claim(100)
    with pytest.raises(WrongCurrency, match="C1-1: answered in EUR, but asked in USD"):
        adjudicate(claim, said(claim, AnswerLine(1, 100, 100), currency="EUR"))
