"""A payer's remittance: each answer is booked on its claim, each payment kept once."""

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
    """What became of one answer."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    """No claim of ours has the number it names."""


def book(
    session: Session, installation: Installation, remittance: PayerRemittance, paid: ClaimPaid, now: datetime
) -> RemittanceResult:
    """Book what a payer said of one claim, each service on the line it is about.

    Raises:
        billing.refusals.Refusal: the claim cannot take this answer; see :func:`adjudication.book`.
    """
    kept = claims.find(session, paid.claim_key)
    if kept is None:
        return RemittanceResult.UNMATCHED
    done = adjudication.book(session, installation, remittance.answer(paid, kept.claim), now)
    return RemittanceResult.DUPLICATE if done is AnswerOutcome.DUPLICATE else RemittanceResult.BOOKED


def keep_payment(session: Session, remittance: PayerRemittance, now: datetime) -> bool:
    """Keep the payment itself with what the payer kept back from it; whether it was new."""
    return claim_files.keep_payment(session, remittance, now)
