"""Cost sharing: each payer's terms applied to a claim, line by line.

The same function answers a claim for a payer whose terms are known, and says beforehand what a service
will cost. Amounts are minor units.

A line is computed in this order. Outside the coverage, excluded or lacking its authorisation, the payer
takes nothing. Otherwise what is above the recognised amount is forgone; of the rest the person bears the
deductible that is left, then the co-payment (once a visit: the lines of one day), then the co-insurance of
what remains (a half rounds up), all of it no further than the out-of-pocket maximum and the ceiling: what
would go beyond is cut off the last of the three first. A second payer works out its share as if it were
alone, and takes over no more than the first one left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, AnswerLine
from billing.payers.coverage import CostShare, Covered, used, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from billing.payers.claims import ClaimLine

DEDUCTIBLE: Final = "1"
COINSURANCE: Final = "2"
COPAY: Final = "3"
BEFORE_COVERAGE: Final = "26"
AFTER_COVERAGE: Final = "27"
ABOVE_CONTRACT: Final = "45"
NOT_COVERED: Final = "96"
NO_AUTHORISATION: Final = "197"
"""Claim adjustment reasons of X12, as payers state them."""

REFUSALS: Final = frozenset({BEFORE_COVERAGE, AFTER_COVERAGE, NOT_COVERED, NO_AUTHORISATION})
"""Reasons for which a payer takes nothing of a line."""

_WHOLE: Final = 10_000
"""All of something, in hundredths of a percent."""


@dataclass(frozen=True, slots=True)
class PayerStep:
    """What one payer was asked for, what it answered, and what that counts towards its limits."""

    covered: Covered
    asked: tuple[ClaimLine, ...]
    answered: tuple[AnswerLine, ...]
    shares: tuple[CostShare, ...]

    @property
    def paid(self) -> int:
        """What the payer takes over."""
        return sum(line.paid for line in self.answered)


@dataclass(frozen=True, slots=True)
class CoordinatedBenefits:
    """What became of some charges once every payer has answered in order."""

    steps: tuple[PayerStep, ...]
    left: Mapping[int, int]
    """What is left to the person, by the position of the line."""

    @property
    def remainder(self) -> int:
        """What is left to the person."""
        return sum(self.left.values())


def left_of(line: AnswerLine) -> int:
    """What a payer leaves of a line to the next payer or the person: neither its own nor forgone."""
    return sum(one.amount for one in line.adjustments if one.group is AdjustmentGroup.PATIENT)


def coordinate_benefits(
    lines: Sequence[ClaimLine], coverages: Iterable[Covered], past: Iterable[CostShare]
) -> CoordinatedBenefits:
    """Ask every payer in order for what the ones before left; the lines' ``amount`` is what is charged."""
    left = {line.position: line.amount for line in lines}
    steps: list[PayerStep] = []
    past = list(past)
    for covered in sorted(coverages, key=lambda one: (one.priority, one.starts_on, one.coverage_id)):
        asked = tuple(
            replace(line, amount=left[line.position])
            for line in lines
            if covered.on(line.service_on) and left[line.position]
        )
        if not asked:
            continue
        step = ask(asked, covered, [*past, *(share for one in steps for share in one.shares)])
        steps.append(step)
        left |= {line.position: left_of(line) for line in step.answered if line.position is not None}
    return CoordinatedBenefits(tuple(steps), left)


def ask(lines: Sequence[ClaimLine], covered: Covered, past: Iterable[CostShare]) -> PayerStep:
    """One payer's answer to these lines, the earliest service first."""
    shares = list(past)
    before = len(shares)
    copays: dict[date, int] = {}
    answers: dict[int, AnswerLine] = {}
    for line in sorted(lines, key=lambda one: (one.service_on, one.position)):
        copay_left = copays.get(line.service_on, covered.terms.copay)
        answer, share = _answer(line, covered, shares, copay_left)
        answers[line.position] = answer
        if share:
            shares.append(share)
            copays[line.service_on] = copay_left - share.copay
    in_order = tuple(answers[line.position] for line in lines)
    return PayerStep(covered, tuple(lines), in_order, tuple(shares[before:]))


def shares_of(
    covered: Covered, lines: Sequence[ClaimLine], answered: Sequence[AnswerLine]
) -> tuple[CostShare, ...]:
    """What an answer, whoever gave it, counts towards the coverage's limits."""
    days = {line.position: line.service_on for line in lines}
    found = []
    for line in answered:
        day = days.get(line.position) if line.position is not None else min(days.values(), default=None)
        sums = dict.fromkeys((DEDUCTIBLE, COPAY, COINSURANCE), 0)
        for one in line.adjustments:
            if one.group is AdjustmentGroup.PATIENT and one.reason in sums:
                sums[one.reason] += one.amount
        if day and any(sums.values()):
            parts = (sums[DEDUCTIBLE], sums[COPAY], sums[COINSURANCE])
            found.append(CostShare(covered.coverage_id, day, *parts, covered.terms.has_ceiling))
    return tuple(found)


def _answer(
    line: ClaimLine, covered: Covered, past: Sequence[CostShare], copay_left: int
) -> tuple[AnswerLine, CostShare | None]:
    if line.amount <= 0:  # a discount on the bill is the payer's
        return AnswerLine(line.position, line.amount, line.amount), None
    refusal = refused(line, covered)
    if refusal:
        return AnswerLine(line.position, line.amount, 0, (replace(refusal, amount=line.amount),)), None
    recognised = min(line.charged, recognised_of(line, covered))
    forgone = max(0, line.amount - recognised)
    asked = line.amount - forgone
    own = _own(recognised, covered, past, line.service_on, copay_left)
    paid = min(asked, recognised - sum(own))
    deductible, copay, coinsurance = _cut(own, asked - paid)
    adjustments = [
        Adjustment(AdjustmentGroup.CONTRACT, ABOVE_CONTRACT, forgone),
        Adjustment(AdjustmentGroup.PATIENT, DEDUCTIBLE, deductible),
        Adjustment(AdjustmentGroup.PATIENT, COPAY, copay),
        Adjustment(AdjustmentGroup.PATIENT, COINSURANCE, coinsurance),
    ]
    share = CostShare(
        covered.coverage_id, line.service_on, deductible, copay, coinsurance, covered.terms.has_ceiling
    )
    return AnswerLine(
        line.position, line.amount, paid, tuple(one for one in adjustments if one.amount)
    ), share


def refused(line: ClaimLine, covered: Covered) -> Adjustment | None:
    """Why a payer would take nothing of a line, if it would not; the amount is filled in by who asks."""
    terms = covered.terms
    if line.service_on < covered.starts_on:
        return Adjustment(AdjustmentGroup.PATIENT, BEFORE_COVERAGE, 0)
    if not covered.on(line.service_on):
        return Adjustment(AdjustmentGroup.PATIENT, AFTER_COVERAGE, 0)
    if line.code in terms.excluded:
        return Adjustment(terms.excluded_is, NOT_COVERED, 0)
    if line.code in terms.needs_authorisation and not line.authorisation:
        return Adjustment(terms.unauthorised_is, NO_AUTHORISATION, 0)
    return None


def recognised_of(line: ClaimLine, covered: Covered) -> int:
    """What the payer recognises of a line at most: so much a unit by contract, else what is charged."""
    unit = covered.terms.allowed.get(line.code)
    if unit is None:
        return line.charged
    return int((Decimal(line.quantity) * unit).quantize(Decimal(1), ROUND_HALF_UP))


def _own(
    recognised: int, covered: Covered, past: Sequence[CostShare], day: date, copay_left: int
) -> tuple[int, int, int]:
    """What the person bears of a recognised amount: deductible, co-payment, co-insurance."""
    terms, so_far = covered.terms, used(covered, past, day)
    deductible = min(recognised, max(0, terms.deductible - so_far.deductible))
    copay = min(recognised - deductible, copay_left)
    rest = recognised - deductible - copay
    coinsurance = (rest * terms.coinsurance + _WHOLE // 2) // _WHOLE
    own = (deductible, copay, coinsurance)
    if terms.out_of_pocket_max is not None:
        own = _cut(own, max(0, terms.out_of_pocket_max - so_far.out_of_pocket))
    ceiling = terms.ceiling_of(window(past, terms.ceiling_months, day))
    if ceiling is not None:
        own = _cut(own, max(0, ceiling - so_far.towards_ceiling))
    return own


def _cut(own: tuple[int, int, int], limit: int) -> tuple[int, int, int]:
    """No more than the limit in all: what is beyond goes off the last first."""
    deductible, copay, coinsurance = own
    first = min(deductible, limit)
    second = min(copay, limit - first)
    return first, second, min(coinsurance, limit - first - second)
