"""Remittances of payers: each answer is booked on its claim, each payment saved once."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.payers import adjudication
from handlers.payers.adjudication import AnswerOutcome
from storage.payers import claim_files, claims

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.payers.remittance import ClaimPaid, PayerRemittance
    from handlers.installation import Installation


class RemittanceResult(StrEnum):
    """Result of one answer."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    """No claim has the number it names."""


def book(
    session: Session, installation: Installation, remittance: PayerRemittance, paid: ClaimPaid, now: datetime
) -> RemittanceResult:
    """Book a remittance's answer about one claim, each service on its line.

    Raises:
        billing.refusals.Refusal: the claim cannot take this answer; see :func:`adjudication.book`.
    """
    kept = claims.find(session, paid.claim_key)
    if kept is None:
        return RemittanceResult.UNMATCHED
    done = adjudication.book(session, installation, remittance.answer(paid, kept.claim), now)
    return RemittanceResult.DUPLICATE if done is AnswerOutcome.DUPLICATE else RemittanceResult.BOOKED


def keep_payment(session: Session, remittance: PayerRemittance, now: datetime) -> bool:
    """Save the payment with what the payer withheld from it; returns True if it was new."""
    return claim_files.keep_payment(session, remittance, now)
