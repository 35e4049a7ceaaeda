"""A reminder to a payer as it leaves: about the claims still unpaid, each by reference, day and amount."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from billing.accounts.snapshot import StepState
from billing.gate import Purpose
from handlers.outgoing import GateFacts, OutgoingKind, WrittenLetter
from handlers.payers import payer_reminders
from messages.documents import payer_documents
from messages.documents.documents import Addressee
from messages.documents.payer_documents import RemindedClaim
from storage.payers import coverages

if TYPE_CHECKING:
    from datetime import date, datetime

    from handlers.context import Context
    from handlers.outgoing import Admitted
    from storage.delivery.outbox import Message


class OutgoingPayerReminder(OutgoingKind):
    """One message to a payer about every claim that is due; it names no patient."""

    names: ClassVar = (Purpose.PAYER.value,)
    approved_with_run: ClassVar = True

    def concerned(self, context: Context, message: Message) -> set[str]:
        """The customers of its claims, and their guarantors."""
        return payer_reminders.concerned(context.session, message)

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """The claims still unpaid, and the payer's office hours."""
        return GateFacts(payer=payer_reminders.gate_facts(context, message))

    def final_text(self, context: Context, message: Message, passed: Admitted) -> Message:
        """About the claims still unpaid, with today's amounts."""
        assert passed.leaving.payer
        return payer_reminders.final(context, message, passed.leaving.payer.claims)

    def letter(
        self, context: Context, message: Message, address: str, reference: str, post_on: date
    ) -> WrittenLetter:
        """The claims as a list, without a patient's name."""
        payer_id, lines = payer_reminders.lines_of(context.session, message)
        payer = coverages.payer(context.session, payer_id)
        assert payer is not None
        sheets = []
        for one in lines:
            assert one.claim.filed_on is not None
            named = one.claim.their_reference or one.claim.key
            sheets.append(
                RemindedClaim(named, one.claim.filed_on, one.number, one.claim.currency, one.amount)
            )
        to = Addressee(payer.name, address, payer.id)
        said = context.installation.words.say(
            "payer.printed", context.creditor.language, {"count": len(sheets)}
        )
        page = payer_documents.reminder(context.creditor, to, sheets, said, reference, post_on)
        return WrittenLetter(message.sayings, message.text, page, None)

    def accepted(self, context: Context, message: Message, reference: str, at: datetime) -> None:
        """Its claims are reminded, and their next day is set."""
        del reference
        payer_reminders.accepted(context, message, at)

    def ended(self, context: Context, message: Message, state: StepState, reason: str) -> list[str]:
        """Its claims go by the next channel, then to the desk; if nobody can tell, they count as reminded."""
        if state is StepState.PARKED:
            payer_reminders.accepted(context, message, message.begun_at or context.now)
        else:
            payer_reminders.ended(context, message, state, reason)
        return []
