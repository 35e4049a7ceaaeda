"""A bill that goes by post: the bill itself, as it is printed."""

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
    """The bill that a message which passed the gate brings, dated on the day it is to be posted.

    Nothing for every other letter.
    """
    message = ready.message
    sending = bill_sendings.of_message(session, message.id)
    if sending is None:
        return None
    assert message.customer_id
    assert message.begun_at
    bill = issuing_sending.due_from(session, installation, sending.bill_id, post_on)
    link = bill_links.make(
        session, installation, bill.id, message.customer_id, message.contact_point_id, message.begun_at
    )
    page = invoices.page(session, installation, bill.id, dated_on=post_on, link=link, letter=reference)
    bill_sendings.keep_page(session, message.id, page)
    return WrittenLetter(message.sayings, message.text, page, None)
