"""What a payer's answer makes of a claim, line by line. Amounts are minor units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Adjustment, AnswerLine, ClaimState, Group, Verdict
from billing.payers.denials import Fate, Step, fate, may_bill, step
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.payers.claims import Answer, Claim, ClaimLine

PRIOR_PAYER: Final = "23"
"""The reason under which a later payer shows what the ones before it did (X12 CARC)."""


class WrongCurrency(Refusal):
    """A payer answers in another currency than it was asked in."""

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
    """A payer answers another amount than it was asked for."""

    def __init__(self, claim: Claim, position: int | None, found: int, expected: int) -> None:
        where = f"line {position}" if position else "the claim as a whole"
        super().__init__(
            f"claim {claim.key}, {where}: the answer is about {found}, but {expected} was asked (minor "
            "units); it may belong to another claim"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one line; the four add up to what was asked."""

    line: ClaimLine
    paid: int = 0
    forgone: int = 0
    left: int = 0
    denied: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer makes of a claim. ``forgone`` and ``denied`` are summed by group and reason."""

    parts: tuple[Part, ...]
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
        """Where the claim stands after it."""
        return ClaimState.DENIED if self.denied else ClaimState.ANSWERED

    @property
    def overpaid(self) -> int:
        """What the payer took over beyond what it was asked for."""
        return max(self.paid - sum(part.line.amount for part in self.parts), 0)

    @property
    def steps(self) -> dict[Step, int]:
        """What the desk is proposed, with the amount it is about, the largest first."""
        found: dict[Step, int] = {}
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


def adjudicate(claim: Claim, answer: Answer) -> Outcome:
    """Hold an answer against what was asked.

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
    told = [*by_position.values(), *([whole] if whole else [])]
    return Outcome(
        tuple(parts),
        _summed(told, Fate.FORGONE, answer.verdict),
        _summed(told, Fate.DENIED, answer.verdict),
    )


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion, to the last unit; without any weight the first takes it all.

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


def _by_position(claim: Claim, answer: Answer) -> tuple[dict[int, AnswerLine], AnswerLine | None]:
    lines = {line.position: line for line in claim.lines}
    found: dict[int, AnswerLine] = {}
    whole: AnswerLine | None = None
    for told in answer.lines:
        if told.position is None:
            whole = told if whole is None else _joined(whole, told)
            continue
        line = lines.get(told.position)
        if line is None or told.position in found:
            raise UnknownLine(claim, told.position)
        found[line.position] = _without_prior(told, line.amount, line.charged - line.amount)
        if found[line.position].asked != line.amount:
            raise AskedOtherwise(claim, line.position, told.asked, line.amount)
    return found, whole


def _joined(one: AnswerLine, other: AnswerLine) -> AnswerLine:
    adjustments = (*one.adjustments, *other.adjustments)
    return replace(one, asked=one.asked + other.asked, paid=one.paid + other.paid, adjustments=adjustments)


def _without_prior(told: AnswerLine, amount: int, prior: int) -> AnswerLine:
    """A later payer may start from the whole charge and show what the earlier ones did as OA-23."""
    shown = [a for a in told.adjustments if a.group is Group.OTHER and a.reason == PRIOR_PAYER]
    if not prior or told.asked != amount + prior or sum(one.amount for one in shown) != prior:
        return told
    kept = tuple(one for one in told.adjustments if one not in shown)
    return replace(told, asked=amount, adjustments=kept)


def _totals(told: AnswerLine, verdict: Verdict) -> dict[str, int]:
    found = {"paid": told.paid, **{one.value: 0 for one in Fate}}
    for one in told.adjustments:
        found[fate(one, verdict).value] += one.amount
    return found


def _part(line: ClaimLine, told: AnswerLine | None, verdict: Verdict) -> Part:
    return Part(line, **_totals(told, verdict)) if told else Part(line)


def _spread(parts: list[Part], room: list[int], totals: dict[str, int]) -> list[Part]:
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


def _added(parts: list[Part], name: str, amounts: list[int]) -> list[Part]:
    return [
        replace(part, **{name: getattr(part, name) + amount})
        for part, amount in zip(parts, amounts, strict=True)
    ]


def _summed(told: Sequence[AnswerLine], wanted: Fate, verdict: Verdict) -> tuple[Adjustment, ...]:
    return _merged(one for line in told for one in line.adjustments if fate(one, verdict) is wanted)


def _merged(*several: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """Summed by group and reason; what comes to nothing is left out."""
    found: dict[tuple[Group, str], int] = {}
    for one in (one for each in several for one in each):
        found[one.group, one.reason] = found.get((one.group, one.reason), 0) + one.amount
    summed = (Adjustment(group, reason, amount) for (group, reason), amount in sorted(found.items()))
    return tuple(one for one in summed if one.amount)
