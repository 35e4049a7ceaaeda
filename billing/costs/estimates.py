"""Estimates of what services will cost a patient, with reasons and cheaper options; minor units.

An estimate is the answer of the payers' terms to a claim not filed yet, computed by the function that is used
for real ones, so that estimate and bill agree unless something changes in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.bills import prompt_pay
from billing.calendar import add_months
from billing.payers import cost_sharing
from billing.payers.claims import ClaimLine
from billing.payers.coverage import used, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from billing.costs.prices import Price
    from billing.payers.claims import AnswerLine, Code
    from billing.payers.cost_sharing import CoordinatedBenefits, PayerStep
    from billing.payers.coverage import CostShare, Covered
    from billing.policy import PromptPay

ASSUMED: Final = "assumed"
"""The number of an authorisation that is only supposed, to see what would be left with it."""


class WarningKind(StrEnum):
    """What may make the cost other than estimated, or more than somebody expects."""

    NEEDS_AUTHORISATION = "needs_authorisation"
    EXCLUDED = "excluded"
    OUTSIDE_COVERAGE = "outside_coverage"
    """Somebody covers the person, but not on that day."""
    NO_COVERAGE = "no_coverage"
    TERMS_UNKNOWN = "terms_unknown"
    """Nobody told us what the plan leaves to the person."""


class SuggestionKind(StrEnum):
    """What would make an estimated cost lower, or easier to pay."""

    IN_NETWORK = "in_network"
    """The plan pays more where it has a contract: ask it for such a provider."""
    EQUIVALENT = "equivalent"
    """Another service that can stand in for this one costs the person less."""
    CEILING = "ceiling"
    """The person is near what they pay at most: it is the rest of it, and then nothing more."""
    AUTHORISATION = "authorisation"
    """The payer takes over more once it has agreed beforehand."""
    AID = "aid"
    PROMPT_PAY = "prompt_pay"
    """Whoever pays promptly pays less, where no payer has a part in it."""
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning about one line of an estimate, and whose terms it comes from."""

    kind: WarningKind
    position: int = 0
    """0 for all of it."""
    payer_id: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What would lower an estimated cost. ``amount`` is what it saves; of a ceiling, what is left of it."""

    kind: SuggestionKind
    amount: int = 0
    code: Code | None = None
    description: str = ""
    payer_id: str = ""
    until: date | None = None
    """For a ceiling: the first day after its twelve months."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service somebody asks about, at the price on the list."""

    price: Price
    quantity: str = "1"
    authorisation: str = ""

    def line(self, position: int, day: date, unit: int) -> ClaimLine:
        """The line of a claim it would become."""
        cost = charged(unit, self.quantity)
        return ClaimLine(
            position=position,
            charge_id=f"estimate:{position}",
            service_on=day,
            code=self.price.code,
            description=self.price.description,
            amount=cost,
            charged=cost,
            quantity=self.quantity,
            authorisation=self.authorisation,
        )


@dataclass(frozen=True, slots=True)
class EstimatedShare:
    """What one payer would do about one line, unfolded."""

    payer_id: str
    asked: int
    paid: int
    forgone: int
    """What is above the amount that was agreed with it."""
    deductible: int
    copay: int
    coinsurance: int
    refused: int
    """What it takes nothing of, for ``reason``."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """One service: its price, what each payer would do about it, what is left to the person."""

    position: int
    code: Code
    description: str
    quantity: str
    price: int
    parts: tuple[EstimatedShare, ...]
    left: int


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What it will cost the person: ``expected`` as everything is on file, within ``low`` and ``high``."""

    service_on: date
    currency: str
    lines: tuple[EstimateLine, ...]
    expected: int
    low: int
    high: int
    authorised: int
    """What it comes to once every payer that has to agree beforehand has."""
    cautions: tuple[Caution, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def price(self) -> int:
        """What the services cost, whoever pays."""
        return sum(line.price for line in self.lines)


@dataclass(frozen=True, slots=True)
class Grounds:
    """The facts of an estimate besides services and coverages."""

    past: tuple[CostShare, ...] = ()
    alternatives: Mapping[str, tuple[Price, ...]] | None = None
    """Services that can stand in for each other, by the word that they share."""
    aid: bool = False
    """Whether there is a programme to apply to."""
    plan_from: int | None = None
    """From which amount a payment plan is offered; nothing where none is."""
    prompt_pay: PromptPay | None = None
    """What paying promptly takes off, where anything is."""


def charged(unit: int, quantity: str) -> int:
    """The estimated charge for so many units, a half of a minor unit rounded up, as on a bill."""
    return int((Decimal(quantity) * unit).quantize(Decimal(1), ROUND_HALF_UP))


def estimate(
    wanted: Sequence[Wanted], coverages: Sequence[Covered], day: date, grounds: Grounds
) -> CostEstimate:
    """What these services would leave to the person on a day.

    The range is what they could come to: with and without an authorisation that is still missing, at the
    most that a service may cost, and, where nobody knows a plan's terms, if it pays nothing.
    """
    lines = _lines(wanted, day)
    settled = cost_sharing.coordinate_benefits(lines, coverages, grounds.past)
    authorised, *others = _otherwise(wanted, coverages, day, grounds)
    left = [settled.remainder, authorised, *others]
    return CostEstimate(
        service_on=day,
        currency=wanted[0].price.currency,
        lines=tuple(_line_of(line, settled) for line in lines),
        expected=settled.remainder,
        low=min(left),
        high=max(left),
        authorised=authorised,
        cautions=tuple(_cautions(lines, coverages, settled)),
        suggestions=tuple(_suggestions(wanted, coverages, day, grounds, settled)),
    )


def _lines(wanted: Sequence[Wanted], day: date) -> list[ClaimLine]:
    return [one.line(number, day, one.price.amount) for number, one in enumerate(wanted, 1)]


def _otherwise(
    wanted: Sequence[Wanted], coverages: Sequence[Covered], day: date, grounds: Grounds
) -> Iterator[int]:
    """What is left to the person where something turns out in another way: first, if all is authorised."""
    authorised = [replace(one, authorisation=one.authorisation or ASSUMED) for one in wanted]
    dearest = [one.line(number, day, one.price.most) for number, one in enumerate(wanted, 1)]
    yield cost_sharing.coordinate_benefits(_lines(authorised, day), coverages, grounds.past).remainder
    yield cost_sharing.coordinate_benefits(dearest, coverages, grounds.past).remainder
    known = [one for one in coverages if one.known]
    if len(known) < len(coverages):
        yield cost_sharing.coordinate_benefits(dearest, known, grounds.past).remainder


def _line_of(line: ClaimLine, settled: CoordinatedBenefits) -> EstimateLine:
    parts = [_part(step, answer) for step in settled.steps for answer in step.answered]
    mine = [part for step_part, part in parts if step_part == line.position]
    return EstimateLine(
        position=line.position,
        code=line.code,
        description=line.description,
        quantity=line.quantity,
        price=line.charged,
        parts=tuple(mine),
        left=settled.left[line.position],
    )


def _part(step: PayerStep, answer: AnswerLine) -> tuple[int | None, EstimatedShare]:
    def amount_for(*reasons: str) -> int:
        return sum(one.amount for one in answer.adjustments if one.reason in reasons)

    refusal = next((one for one in answer.adjustments if one.reason in cost_sharing.REFUSALS), None)
    return answer.position, EstimatedShare(
        payer_id=step.covered.payer_id,
        asked=answer.asked,
        paid=answer.paid,
        forgone=amount_for(cost_sharing.ABOVE_CONTRACT),
        deductible=amount_for(cost_sharing.DEDUCTIBLE),
        copay=amount_for(cost_sharing.COPAY),
        coinsurance=amount_for(cost_sharing.COINSURANCE),
        refused=refusal.amount if refusal else 0,
        reason=refusal.reason if refusal else "",
    )


def _cautions(
    lines: Sequence[ClaimLine], coverages: Sequence[Covered], settled: CoordinatedBenefits
) -> Iterator[Caution]:
    asked = {line.position for step in settled.steps for line in step.asked}
    for line in lines:
        if line.position not in asked and line.amount > 0:
            kind = WarningKind.OUTSIDE_COVERAGE if coverages else WarningKind.NO_COVERAGE
            yield Caution(kind, line.position)
    for step in settled.steps:
        payer = step.covered.payer_id
        if not step.covered.known:
            yield Caution(WarningKind.TERMS_UNKNOWN, payer_id=payer)
        for line in step.asked:
            refusal = cost_sharing.refused(line, step.covered)
            if refusal and refusal.reason == cost_sharing.NOT_COVERED:
                yield Caution(WarningKind.EXCLUDED, line.position, payer)
            if refusal and refusal.reason == cost_sharing.NO_AUTHORISATION:
                yield Caution(WarningKind.NEEDS_AUTHORISATION, line.position, payer)


def _suggestions(
    wanted: Sequence[Wanted],
    coverages: Sequence[Covered],
    day: date,
    grounds: Grounds,
    settled: CoordinatedBenefits,
) -> Iterator[Suggestion]:
    for step in settled.steps:
        if not step.covered.terms.in_network:
            yield Suggestion(SuggestionKind.IN_NETWORK, payer_id=step.covered.payer_id)
        if any(_lacks_authorisation(line, step.covered) for line in step.asked):
            yield Suggestion(SuggestionKind.AUTHORISATION, payer_id=step.covered.payer_id)
    yield from _equivalents(wanted, coverages, day, grounds, settled.remainder)
    yield from _ceilings(settled, day, grounds.past)
    if grounds.prompt_pay and not coverages and settled.remainder > 0:
        yield Suggestion(SuggestionKind.PROMPT_PAY, prompt_pay.share(grounds.prompt_pay, settled.remainder))
    if grounds.plan_from is not None and settled.remainder >= grounds.plan_from:
        yield Suggestion(SuggestionKind.PLAN)
    if grounds.aid and settled.remainder > 0:
        yield Suggestion(SuggestionKind.AID)


def _lacks_authorisation(line: ClaimLine, covered: Covered) -> bool:
    refusal = cost_sharing.refused(line, covered)
    return refusal is not None and refusal.reason == cost_sharing.NO_AUTHORISATION


def _equivalents(
    wanted: Sequence[Wanted],
    coverages: Sequence[Covered],
    day: date,
    grounds: Grounds,
    remainder: int,
) -> Iterator[Suggestion]:
    """For each service the one that can stand in for it and leaves the person least, if that is less."""
    for place, one in enumerate(wanted):
        found: list[tuple[int, Price]] = []
        for other in (grounds.alternatives or {}).get(one.price.alike, ()):
            if other.code != one.price.code and other.on(day):
                instead = [*wanted[:place], replace(one, price=other), *wanted[place + 1 :]]
                cost = cost_sharing.coordinate_benefits(
                    _lines(instead, day), coverages, grounds.past
                ).remainder
                found.append((cost, other))
        cost, best = min(found, key=lambda pair: (pair[0], pair[1].code.code), default=(remainder, None))
        if best is not None and cost < remainder:
            saved = remainder - cost
            yield Suggestion(SuggestionKind.EQUIVALENT, saved, best.code, best.description)


def _ceilings(settled: CoordinatedBenefits, day: date, past: Iterable[CostShare]) -> Iterator[Suggestion]:
    """What is left of a ceiling after this, where the next visit or two will reach it."""
    past = list(past)
    after = [*past, *(share for step in settled.steps for share in step.shares)]
    for step in settled.steps:
        terms = step.covered.terms
        opened = window(past, terms.ceiling_months, day)
        ceiling = terms.ceiling_of(opened)
        if ceiling is None:
            continue
        left = ceiling - used(step.covered, after, day).towards_ceiling
        if left <= max(terms.copay, ceiling // 4):
            closes = add_months(opened, terms.ceiling_months)
            payer = step.covered.payer_id
            yield Suggestion(SuggestionKind.CEILING, max(left, 0), payer_id=payer, until=closes)
