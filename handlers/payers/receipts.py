"""Acknowledgements of claim files: what the receiver accepted, and what it rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.payers.claims import ClaimState
from handlers.payers.claim_file import take
from storage.payers import claim_files

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.installation import Installation


def of_file(session: Session, number: int, verdict: str, now: datetime) -> bool:
    """Save the acknowledgement of a whole file of claims; returns False if no file has this number."""
    return claim_files.acknowledge(session, number, verdict, now)


def of_claim(
    session: Session, installation: Installation, key: str, reason: str, now: datetime, *, accepted: bool
) -> None:
    """Open a case for a rejected claim: the payer never gets it and will not answer.

    Raises:
        claim_file.NoSuchClaim: no claim has this number.
    """
    file = take(session, installation, key, now)
    if accepted or file.claim.state is not ClaimState.SENT:
        return
    file.case("refused", f"not taken in ({reason}): correct it and send it again: kvitt claims resend {key}")
