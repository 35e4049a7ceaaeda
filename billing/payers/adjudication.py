"""The outcome of a claim from a payer's answer, line by line; minor units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, AnswerLine, ClaimState, ClaimVerdict
from billing.payers.denials import DenialFate, DenialStep, fate, may_bill, step
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.payers.claims import Claim, ClaimLine, PayerAnswer

PRIOR_PAYER: Final = "23"
"""The reason under which a later payer shows what the ones before it did (X12 CARC)."""


class WrongCurrency(Refusal):
    """The answer is in another currency than the claim."""

    def __init__(self, claim: Claim, found: str) -> None:
        super().__init__(
            f"claim {claim.key}: answered in {found}, but asked in {claim.currency}; ask the payer for an "
            f"answer in {claim.currency}"
        )


class UnknownLine(Refusal):
    """A payer answers a line that the claim does not have, or has answered already."""

    def __init__(self, claim: Claim, position: int) -> None:
        super().__init__(
            f"claim {claim.key}: line {position} is not one of its {len(claim.lines)} lines, or is answered "
            "twice; compare it with what was sent"
        )


class AskedOtherwise(Refusal):
    """The answer is about another amount than the claim."""

    def __init__(self, claim: Claim, position: int | None, found: int, expected: int) -> None:
        where = f"line {position}" if position else "the claim as a whole"
        super().__init__(
            f"claim {claim.key}, {where}: the answer is about {found}, but {expected} was asked (minor "
            "units); it may belong to another claim"
        )


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """A payer's adjudication of one line; the four amounts add up to what was asked."""

    line: ClaimLine
    paid: int = 0
    forgone: int = 0
    left: int = 0
    denied: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer makes of a claim. ``forgone`` and ``denied`` are summed by group and reason."""

    parts: tuple[LineOutcome, ...]
    forgone: tuple[Adjustment, ...]
    denied: tuple[Adjustment, ...]

    @property
    def paid(self) -> int:
        """What the payer takes over."""
        return sum(part.paid for part in self.parts)

    @property
    def left(self) -> int:
        """What is the next payer's, or the person's."""
        return sum(part.left for part in self.parts)

    @property
    def still_asked(self) -> int:
        """What the payer is asked for until a person has decided."""
        return sum(part.denied for part in self.parts)

    @property
    def state(self) -> ClaimState:
        """State of the claim afterwards."""
        return ClaimState.DENIED if self.denied else ClaimState.ANSWERED

    @property
    def overpaid(self) -> int:
        """What the payer took over beyond what it was asked for."""
        return max(self.paid - sum(part.line.amount for part in self.parts), 0)

    @property
    def steps(self) -> dict[DenialStep, int]:
        """What the desk is proposed, with the amount it is about, the largest first."""
        found: dict[DenialStep, int] = {}
        for one in self.denied:
            found[step(one)] = found.get(step(one), 0) + one.amount
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def released(self) -> Outcome:
        """The outcome once a person has decided that what was denied is not this payer's."""
        parts = tuple(replace(part, left=part.left + part.denied, denied=0) for part in self.parts)
        return replace(self, parts=parts, denied=())

    def given_up(self) -> Outcome:
        """The outcome once a person has decided that what was denied is nobody's."""
        parts = tuple(replace(part, forgone=part.forgone + part.denied, denied=0) for part in self.parts)
        return replace(self, parts=parts, forgone=_merged(self.forgone, self.denied), denied=())

    @property
    def barred(self) -> tuple[Adjustment, ...]:
        """What is denied and may not be asked of the person."""
        return tuple(one for one in self.denied if not may_bill(one))


def adjudicate(claim: Claim, answer: PayerAnswer) -> Outcome:
    """Compare an answer with the claim and compute the outcome.

    Raises:
        WrongCurrency: it is in another currency.
        billing.payers.claims.DoesNotAddUp: paid and adjusted are not what was asked.
        UnknownLine: it answers a line that is not there, or one twice.
        AskedOtherwise: it is about another amount than was asked, or leaves a line out.
    """
    if answer.currency != claim.currency:
        raise WrongCurrency(claim, answer.currency)
    answer.check()
    by_position, whole = _by_position(claim, answer)
    parts = [_part(line, by_position.get(line.position), answer.verdict) for line in claim.lines]
    unanswered = [0 if line.position in by_position else line.amount for line in claim.lines]
    if whole is None and any(unanswered):
        raise AskedOtherwise(claim, None, claim.amount - sum(unanswered), claim.amount)
    if whole:
        prior = sum(line.charged - line.amount for line in claim.lines if line.position not in by_position)
        whole = _without_prior(whole, sum(unanswered), prior)
        if whole.asked != sum(unanswered):
            raise AskedOtherwise(claim, None, whole.asked, sum(unanswered))
        parts = _spread(parts, unanswered, _totals(whole, answer.verdict))
    answers = [*by_position.values(), *([whole] if whole else [])]
    return Outcome(
        tuple(parts),
        _summed(answers, DenialFate.FORGONE, answer.verdict),
        _summed(answers, DenialFate.DENIED, answer.verdict),
    )


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Split an adjudicated amount in proportion, to the last unit; without any weight the first takes it.

    No share is larger than its weight where the weights come to at least ``total``.
    """
    sum_of = sum(weights)
    if not sum_of:
        return [total, *[0] * (len(weights) - 1)]
    found = [total * weight // sum_of for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda at: -(total * weights[at] % sum_of))
    for at in by_rest[: total - sum(found)]:
        found[at] += 1
    return found


def _by_position(claim: Claim, answer: PayerAnswer) -> tuple[dict[int, AnswerLine], AnswerLine | None]:
    lines = {line.position: line for line in claim.lines}
    found: dict[int, AnswerLine] = {}
    whole: AnswerLine | None = None
    for answer_line in answer.lines:
        if answer_line.position is None:
            whole = answer_line if whole is None else _joined(whole, answer_line)
            continue
        line = lines.get(answer_line.position)
        if line is None or answer_line.position in found:
            raise UnknownLine(claim, answer_line.position)
        found[line.position] = _without_prior(answer_line, line.amount, line.charged - line.amount)
        if found[line.position].asked != line.amount:
            raise AskedOtherwise(claim, line.position, answer_line.asked, line.amount)
    return found, whole


def _joined(one: AnswerLine, other: AnswerLine) -> AnswerLine:
    adjustments = (*one.adjustments, *other.adjustments)
    return replace(one, asked=one.asked + other.asked, paid=one.paid + other.paid, adjustments=adjustments)


def _without_prior(answer_line: AnswerLine, amount: int, prior: int) -> AnswerLine:
    """A later payer may start from the whole charge and show what the earlier ones did as OA-23."""
    shown = [
        a for a in answer_line.adjustments if a.group is AdjustmentGroup.OTHER and a.reason == PRIOR_PAYER
    ]
    if not prior or answer_line.asked != amount + prior or sum(one.amount for one in shown) != prior:
        return answer_line
    kept = tuple(one for one in answer_line.adjustments if one not in shown)
    return replace(answer_line, asked=amount, adjustments=kept)


def _totals(answer_line: AnswerLine, verdict: ClaimVerdict) -> dict[str, int]:
    found = {"paid": answer_line.paid, **{one.value: 0 for one in DenialFate}}
    for one in answer_line.adjustments:
        found[fate(one, verdict).value] += one.amount
    return found


def _part(line: ClaimLine, answer_line: AnswerLine | None, verdict: ClaimVerdict) -> LineOutcome:
    return LineOutcome(line, **_totals(answer_line, verdict)) if answer_line else LineOutcome(line)


def _spread(parts: list[LineOutcome], room: list[int], totals: dict[str, int]) -> list[LineOutcome]:
    """Lay what is said of the claim as a whole on its lines: first what is taken away, then what is given."""
    for name, total in totals.items():
        if total < 0:
            there = [max(getattr(part, name), 0) for part in parts]
            taken = shares(-total, there if any(there) else [part.line.amount for part in parts])
            room = [one + more for one, more in zip(room, taken, strict=True)]
            parts = _added(parts, name, [-one for one in taken])
    for name, total in totals.items():
        if total > 0:
            given = shares(total, room)
            room = [one - less for one, less in zip(room, given, strict=True)]
            parts = _added(parts, name, given)
    return parts


def _added(parts: list[LineOutcome], name: str, amounts: list[int]) -> list[LineOutcome]:
    return [
        replace(part, **{name: getattr(part, name) + amount})
        for part, amount in zip(parts, amounts, strict=True)
    ]


def _summed(
    answers: Sequence[AnswerLine], wanted: DenialFate, verdict: ClaimVerdict
) -> tuple[Adjustment, ...]:
    return _merged(one for line in answers for one in line.adjustments if fate(one, verdict) is wanted)


def _merged(*several: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """Summed by group and reason; what comes to nothing is left out."""
    found: dict[tuple[AdjustmentGroup, str], int] = {}
    for one in (one for each in several for one in each):
        found[one.group, one.reason] = found.get((one.group, one.reason), 0) + one.amount
    summed = (Adjustment(group, reason, amount) for (group, reason), amount in sorted(found.items()))
    return tuple(one for one in summed if one.amount)
