"""A bill sent by post: the printed bill is the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.bills import bill_links, invoices
from handlers.delivery.demand_letters import WrittenLetter
from handlers.issuing import sending as issuing_sending
from storage.bills import bill_sendings

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from handlers.delivery.dispatch import Ready
    from handlers.installation import Installation


def write(
    session: Session, installation: Installation, ready: Ready, reference: str, post_on: date
) -> WrittenLetter | None:
    """The printed bill of a message that passed the gate, dated on the day of posting (``post_on``).

    None if the message is another kind of letter. The page is saved with the sending, as the proof of what
    was posted.
    """
    message = ready.message
    sending = bill_sendings.of_message(session, message.id)
    if sending is None:
        return None
    assert message.customer_id
    assert message.begun_at
    # The due date is counted from the posting: a bill that waited for its batch must not leave less time to
    # pay.
    bill = issuing_sending.due_from(session, installation, sending.bill_id, post_on)
    link = bill_links.make(
        session, installation, bill.id, message.customer_id, message.contact_point_id, message.begun_at
    )
    page = invoices.page(session, installation, bill.id, dated_on=post_on, link=link, letter=reference)
    bill_sendings.keep_page(session, message.id, page)
    return WrittenLetter(message.sayings, message.text, page, None)
