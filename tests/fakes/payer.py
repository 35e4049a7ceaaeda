"""A payer that answers claims by the terms of its own coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.payers.claims import ClaimVerdict, PayerAnswer
from billing.payers.cost_sharing import REFUSALS, ask

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from billing.payers.claims import Claim
    from billing.payers.coverage import CostShare, Covered


def answered_by_terms(
    claim: Claim, covered: Covered, past: Iterable[CostShare], answered_on: date, source: str = "terms"
) -> PayerAnswer:
    """A payer's answer to a claim, under the claim's key; ``past`` are the shares of other claims."""
    lines = ask(claim.lines, covered, past).answered
    refused = all(
        line.paid == 0 and any(one.reason in REFUSALS for one in line.adjustments) for line in lines
    )
    verdict = ClaimVerdict.DENIED if refused else ClaimVerdict.PAID
    return PayerAnswer(source, claim.key, claim.key, verdict, claim.currency, answered_on, lines)
