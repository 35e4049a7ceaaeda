"""A receiver has looked at a file of claims: what it took in, and what it would not."""

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
    """Keep what was said of a file as a whole; whether there is such a file."""
    return claim_files.acknowledge(session, number, verdict, now)


def of_claim(
    session: Session, installation: Installation, key: str, reason: str, now: datetime, *, accepted: bool
) -> None:
    """A claim that was not taken in waits for the desk: no payer will ever answer it.

    Raises:
        claim_file.NoSuchClaim: there is no such claim.
    """
    file = take(session, installation, key, now)
    if accepted or file.claim.state is not ClaimState.SENT:
        return
    file.case("refused", f"not taken in ({reason}): correct it and send it again: kvitt claims resend {key}")
