"""An issued bill as it leaves: its due date and page, and what becomes of the attempt to send it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from billing.bills.billing_run import MARK
from handlers.bills import bill_links, invoices
from handlers.dunning.unsolicited import MarkedNotice
from handlers.issuing import sending
from handlers.outgoing import WrittenLetter
from storage.bills import bill_sendings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from billing.accounts.snapshot import StepState
    from handlers.context import Context
    from handlers.outgoing import Admitted
    from storage.delivery.outbox import Message


class OutgoingBill(MarkedNotice):
    """A bill on its way to its customer; each attempt is stored as proof."""

    names: ClassVar = (MARK.removesuffix(":"),)
    reason: ClassVar = "answers.why_bill"
    reason_and_balance: ClassVar = True

    def final_text(self, context: Context, message: Message, passed: Admitted) -> Message:
        """Its text stays; its due date leaves the policy's least term, and its page is stored."""
        del passed
        sending.leaving(context, message)
        return message

    def letter(
        self, context: Context, message: Message, address: str, reference: str, post_on: date
    ) -> WrittenLetter | None:
        """The printed bill; the page is saved with the sending, as the proof of what was posted."""
        del address
        attempt = bill_sendings.of_message(context.session, message.id)
        if attempt is None:
            return None
        assert message.customer_id
        assert message.begun_at
        # The due date is counted from the posting: a bill that waited for its batch must not leave less time
        # to pay.
        bill = sending.due_from(context, attempt.bill_id, post_on)
        link = bill_links.make(
            context.as_of(message.begun_at), bill.id, message.customer_id, message.contact_point_id
        )
        page = invoices.page(context, bill.id, dated_on=post_on, link=link, letter=reference)
        bill_sendings.keep_page(context.session, message.id, page)
        return WrittenLetter(message.sayings, message.text, page, None)

    def enclosed(self, context: Context, message: Message) -> Mapping[str, Any] | None:
        """The page that was stored as it left."""
        attempt = bill_sendings.of_message(context.session, message.id)
        return attempt.page if attempt else None

    def accepted(self, context: Context, message: Message, reference: str, at: datetime) -> None:
        """From this day it is sent."""
        sending.accepted(context, message, reference, at)

    def delivered(self, context: Context, message: Message) -> None:
        """Its attempt has arrived."""
        sending.delivered(context, message.id)

    def ended(self, context: Context, message: Message, state: StepState, reason: str) -> list[str]:
        """If it is still owed it goes by the next channel."""
        sending.ended(context, message, state, reason)
        return []
