"""A payer's remittance: each answer is booked on its claim, each payment kept once."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.payers import adjudication
from handlers.payers.adjudication import Booked
from storage.payers import claim_files, claims

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.payers.remittance import ClaimPaid, Remittance
    from handlers.installation import House


class Result(StrEnum):
    """What became of one answer."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"
    """No claim of ours has the number it names."""


def book(session: Session, house: House, told: Remittance, paid: ClaimPaid, now: datetime) -> Result:
    """Book what a payer said of one claim, each service on the line it is about.

    Raises:
        billing.refusals.Refusal: the claim cannot take this answer; see :func:`adjudication.book`.
    """
    kept = claims.find(session, paid.claim_key)
    if kept is None:
        return Result.UNMATCHED
    done = adjudication.book(session, house, told.answer(paid, kept.claim), now)
    return Result.DUPLICATE if done is Booked.DUPLICATE else Result.BOOKED


def keep_payment(session: Session, told: Remittance, now: datetime) -> bool:
    """Keep the payment itself with what the payer kept back from it; whether it was new."""
    return claim_files.keep_payment(session, told, now)
