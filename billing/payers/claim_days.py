"""Deadlines of a claim, and the next day on which it is checked.

Days are local to the creditor. Agreed ones are in the payer's terms; the others are our choice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.payers import payer_levels
from billing.payers.claims import ClaimState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.payers.claims import Claim
    from billing.payers.coverage import PayerTerms
    from billing.payers.payer_levels import TakenReminder

WARN: Final = timedelta(days=7)
"""How long before a deadline a case is opened."""
AGAIN: Final = timedelta(days=7)
"""After how long an open claim is checked again."""
ANSWER_WITHIN: Final = timedelta(days=30)
"""When an answer is missed where the payer agreed to no time."""
INVOICE: Final = "invoice"
REMINDED: Final = frozenset({ClaimState.SENT, ClaimState.PENDED})
"""States in which the payer may be reminded."""


class Mark(StrEnum):
    """What is the matter with a claim."""

    UNFILED = "unfiled"
    TOO_LATE = "too_late"
    """The time to file it is over."""
    REMIND = "remind"
    """An agency or employer has not paid: it is to be reminded."""
    REMINDING = "reminding"
    """A reminder is on its way to it."""
    UNANSWERED = "unanswered"
    UNDECIDED = "undecided"
    """It was denied, and no decision is made."""
    APPEAL_ENDS = "appeal_ends"
    APPEAL_OVER = "appeal_over"


def opened(claim: Claim, terms: PayerTerms) -> Claim:
    """A new claim with the day by which it must be filed, counted from its earliest service."""
    first = min(line.service_on for line in claim.lines)
    return replace(claim, file_by=_after(first, terms.file_days))


def filed(claim: Claim, terms: PayerTerms, on: date, *, appeal: bool = False) -> Claim:
    """A claim that was sent on a day, or appealed, with the day by which it must be answered."""
    state = ClaimState.APPEALED if appeal else ClaimState.SENT
    first = claim.filed_on if appeal else on
    return replace(claim, state=state, filed_on=first, answer_by=_after(on, terms.answer_days))


def denied(claim: Claim, terms: PayerTerms, on: date) -> Claim:
    """A claim that was denied on a day, with the day by which an appeal must be there."""
    return replace(claim, state=ClaimState.DENIED, appeal_by=_after(on, terms.appeal_days))


def on_ladder(claim: Claim, terms: PayerTerms) -> bool:
    """Whether the payer is reminded: it is billed by invoice, and its terms have reminder days."""
    return claim.state in REMINDED and terms.form == INVOICE and bool(terms.remind_days)


def marks(claim: Claim, terms: PayerTerms, taken: Sequence[TakenReminder] = ()) -> list[tuple[date, Mark]]:
    """The days that bear on a claim where it stands, in their order; ``taken`` are the steps so far."""
    found: list[tuple[date, Mark]] = []
    match claim.state:
        case ClaimState.READY | ClaimState.HELD if claim.file_by:
            found = [(claim.file_by - WARN, Mark.UNFILED), (claim.file_by + timedelta(days=1), Mark.TOO_LATE)]
        case ClaimState.SENT | ClaimState.PENDED if on_ladder(claim, terms):
            assert claim.filed_on is not None
            number, day = payer_levels.next_on(claim.filed_on, terms.remind_days, taken)
            over = number > len(terms.remind_days)
            if not payer_levels.under_way(taken):
                found = [(day, Mark.UNANSWERED if over else Mark.REMIND)]
        case ClaimState.SENT | ClaimState.PENDED | ClaimState.APPEALED:
            assert claim.filed_on is not None
            promised = claim.answer_by or claim.filed_on + ANSWER_WITHIN
            found = [(promised + timedelta(days=1), Mark.UNANSWERED)]
        case ClaimState.DENIED if claim.appeal_by:
            found = [
                (claim.appeal_by - WARN, Mark.APPEAL_ENDS),
                (claim.appeal_by + timedelta(days=1), Mark.APPEAL_OVER),
            ]
    return sorted(found)


def look_on(claim: Claim, terms: PayerTerms, today: date, taken: Sequence[TakenReminder] = ()) -> date | None:
    """The next day after ``today`` on which the claim is checked; None once it is closed.

    A ready or denied claim is checked within :data:`AGAIN` whatever its deadlines; one with the payer not
    before a day of its own.
    """
    if not claim.state.open:
        return None
    ahead = [day for day, _ in marks(claim, terms, taken) if day > today]
    ours = claim.state in {ClaimState.READY, ClaimState.HELD, ClaimState.DENIED}
    if ours or not ahead:
        ahead.append(today + AGAIN)
    return min(ahead)


def first_look(
    claim: Claim, terms: PayerTerms, today: date, taken: Sequence[TakenReminder] = ()
) -> date | None:
    """When somebody must look at a claim that stands otherwise now: today where a reminder is due already."""
    due = on_ladder(claim, terms) and any(day <= today for day, _ in marks(claim, terms, taken))
    return today if due else look_on(claim, terms, today, taken)


def matter(
    claim: Claim, terms: PayerTerms, today: date, taken: Sequence[TakenReminder] = ()
) -> tuple[Mark, int]:
    """What is the matter with an open claim whose day has come, and the how-manieth time by its terms."""
    passed = [mark for day, mark in marks(claim, terms, taken) if day <= today]
    if passed:
        return passed[-1], len(taken) + 1 if passed[-1] is Mark.REMIND else 1
    if on_ladder(claim, terms):
        return Mark.REMINDING, len(taken)
    match claim.state:
        case ClaimState.READY | ClaimState.HELD:
            return Mark.UNFILED, 1
        case ClaimState.DENIED:
            return Mark.UNDECIDED, 1
    return Mark.UNANSWERED, 1


def _after(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)
