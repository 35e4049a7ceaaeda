"""Acknowledgements of claim files: what the receiver accepted, and what it rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.payers.claims import ClaimState
from handlers.payers.claim_file import take
from storage.payers import claim_files

if TYPE_CHECKING:
    from handlers.context import Context


def of_file(context: Context, number: int, verdict: str) -> bool:
    """Save the acknowledgement of a whole file of claims; returns False if no file has this number."""
    return claim_files.acknowledge(context.session, number, verdict, context.now)


def of_claim(context: Context, key: str, reason: str, *, accepted: bool) -> None:
    """Open a case for a rejected claim: the payer never gets it and will not answer.

    Raises:
        claim_file.NoSuchClaim: no claim has this number.
    """
    file = take(context, key)
    if accepted or file.claim.state is not ClaimState.SENT:
        return
    file.case("refused", f"not taken in ({reason}): correct it and send it again: kvitt claims resend {key}")
