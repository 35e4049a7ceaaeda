"""Links to a bill's page, which shows nothing before the identity check."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.facts import Saying
from handlers import rights
from handlers.bills import invoices
from storage.bills import bill_links
from storage.desk import staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Collection

    from handlers.context import Context
    from handlers.installation import Installation
    from storage.delivery.outbox import Message

PATH = "/b/"


def possible(installation: Installation) -> bool:
    """Whether a bill's page can be reached from outside, and what it sets can be signed."""
    return bool(installation.public_url and installation.link_secret)


def make(context: Context, bill_id: str, person_id: str, contact_point_id: int) -> str:
    """A new link to a bill's page, for one person, sent to one contact point; empty where there is none."""
    if not possible(context.installation):
        return ""
    until = context.now + timedelta(days=context.policy.billing.link_days)
    token = bill_links.make(context.session, bill_id, person_id, contact_point_id, until, context.now)
    return f"{context.installation.public_url}{PATH}{token}"


def in_reminder(context: Context, message: Message, said: Saying, bill_ids: Collection[str]) -> list[Saying]:
    """The link in a reminder, if the policy permits; none in a channel's fixed templates, nor on paper."""
    carries = message.channel.electronic and not message.channel.capabilities.fixed_wording
    if not (context.policy.billing.link_in_reminders and carries and message.customer_id and bill_ids):
        return []
    if said.key == _TO_NOBODY_KNOWN:
        return []
    link = make(context, min(bill_ids), message.customer_id, message.contact_point_id)
    return [Saying("bill.page", {"link": link})] if link else []


_TO_NOBODY_KNOWN = "reminder.unconfirmed"
"""No link to a number that may have been reassigned: it only learns that there is a message."""


def unlink(context: Context, bill_id: str, by: str) -> int:
    """Disable every link to a bill's page; returns how many there were.

    Raises:
        rights.NotAllowed: the user may only look.
    """
    by = rights.check(context.session, by, Right.WORK)
    bill = invoices.named(context.session, bill_id)
    count = bill_links.revoke(context.session, bill.id, context.now)
    detail = {"links": str(count)}
    about = AuditEntry(context.now, by, "links_closed", f"bill:{bill.id}", detail)
    staff.write_down(context.session, about)
    return count
