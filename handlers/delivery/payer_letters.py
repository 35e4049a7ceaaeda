"""A claim reminder to a payer by post: each claim by reference, day and amount, without patient names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.delivery.demand_letters import WrittenLetter
from handlers.payers import payer_reminders
from messages.documents import payer_documents
from messages.documents.documents import Addressee
from messages.documents.payer_documents import RemindedClaim
from storage.payers import coverages

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from handlers.delivery.dispatch import Ready
    from handlers.installation import Installation


def write(
    session: Session, installation: Installation, ready: Ready, reference: str, post_on: date
) -> WrittenLetter:
    """The claim reminder of a message that passed the gate, dated on the day of posting (``post_on``)."""
    message = ready.message
    payer_id, lines = payer_reminders.lines_of(session, message)
    payer = coverages.payer(session, payer_id)
    assert payer is not None
    sheets = []
    for one in lines:
        assert one.claim.filed_on is not None
        named = one.claim.their_reference or one.claim.key
        sheets.append(RemindedClaim(named, one.claim.filed_on, one.number, one.claim.currency, one.amount))
    to = Addressee(payer.name, ready.address, payer.id)
    said = installation.words.say("payer.printed", installation.creditor.language, {"count": len(sheets)})
    page = payer_documents.reminder(installation.creditor, to, sheets, said, reference, post_on)
    return WrittenLetter(message.sayings, message.text, page, None)
