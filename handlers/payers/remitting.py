"""Remittances of payers: each answer is booked on its claim, each payment saved once."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.payers import adjudication
from handlers.payers.adjudication import AnswerOutcome
from storage.payers import claim_files, claims

if TYPE_CHECKING:
    from billing.payers.remittance import ClaimPaid, PayerRemittance
    from handlers.context import Context


class RemittanceResult(StrEnum):
    """Result of one answer."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    """No claim has the number it names."""


def book(context: Context, remittance: PayerRemittance, paid: ClaimPaid) -> RemittanceResult:
    """Book a remittance's answer about one claim, each service on its line.

    Raises:
        billing.refusals.Refusal: the claim cannot take this answer; see :func:`adjudication.book`.
    """
    kept = claims.find(context.session, paid.claim_key)
    if kept is None:
        return RemittanceResult.UNMATCHED
    done = adjudication.book(context, remittance.answer(paid, kept.claim))
    return RemittanceResult.DUPLICATE if done is AnswerOutcome.DUPLICATE else RemittanceResult.BOOKED


def keep_payment(context: Context, remittance: PayerRemittance) -> bool:
    """Save the payment with what the payer withheld from it; returns True if it was new."""
    return claim_files.keep_payment(context.session, remittance, context.now)
