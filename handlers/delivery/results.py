"""Records what became of a message that was handed to a carrier: accepted, refused, in doubt, delivered.

One order for every kind of message; what a kind adds is in ``handlers/outgoing.py: OutgoingKind``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.snapshot import StepState
from billing.gate import Purpose
from handlers.arrivals import DeliveryFate
from handlers.delivery.dispatch import ASK_AFTER, reschedule_recipient
from handlers.outgoing import kind_of
from handlers.people import address_search, consent, unreachable
from storage.database.transaction import lock_contact_point, lock_customers
from storage.delivery import lookups, outbox
from storage.delivery.outbox import OutboxState
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from handlers.arrivals import DeliveryReport
    from handlers.context import Context
    from storage.delivery.outbox import Message

CHANNEL_PAUSE = timedelta(minutes=15)
"""Pause after a provider refused our configuration (credentials, sender): nothing will pass meanwhile."""
SOFT_AGAIN = timedelta(hours=12)
"""Wait before a retry after a transient failure (Twilio 30003, a full mailbox): those last for hours."""
SOFT_TRIES = 3
"""Retries after transient failures; then the message has failed and another channel is tried."""


def accepted(context: Context, outbox_id: int, provider_id: str, left_at: datetime | None = None) -> None:
    """The provider accepted it: it counts as heard from when sending began, a letter from ``left_at`` (UTC).

    A message that is settled already stays as it is: reports arrive late and out of order.
    """
    message = _accept(context, outbox_id, provider_id, left_at)
    if message:
        reschedule_recipient(context, message)


def refused(context: Context, outbox_id: int, reason: str, code: str) -> None:
    """Note that a provider refused a message: another channel may do, but never round an opt-out (21610)."""
    message = outbox.get(context.session, outbox_id)
    if reason == "configuration":
        # Not the recipient's fault: the message stays queued, and one case per channel alerts the desk.
        outbox.again(context.session, outbox_id, context.now + CHANNEL_PAUSE, "configuration")
        why = f"{message.channel.value} refuses us ({code})"
        _case(context, message, "channel_down", why)
        return
    outbox.failed(context.session, outbox_id, reason, code, context.now)
    kind = kind_of(context.installation, message)
    bill_ids = kind.ended(context, message, StepState.UNHEARD, reason)
    if not kind.desk_hears:
        return
    if reason == "opted_out":
        consent.stop(context, message.contact_point_id, f"provider:{code}")
    elif reason == "address":
        unreachable.lost(context, message.contact_point_id, code)
        _search(context, message, bill_ids, code)
        _unanswered(context, message, code, gone=True)
    elif reason == "content":
        _case(context, message, "not_deliverable", f"a message was refused ({code})")
    reschedule_recipient(context, message)


def later(session: Session, outbox_id: int, at: datetime, code: str) -> None:
    """Note that a provider certainly did not accept a message: it is tried again at ``at`` (UTC)."""
    outbox.again(session, outbox_id, at, code)


def doubtful(context: Context, outbox_id: int, code: str) -> None:
    """Note that a provider may have accepted a message or not: it is asked after :data:`ASK_AFTER`."""
    outbox.in_doubt(context.session, outbox_id, code, context.now + ASK_AFTER)


def untraceable(context: Context, outbox_id: int) -> None:
    """The provider cannot say whether it accepted a message, as with Telegram or after a lost connection.

    A reply is sent again, since the customer waits for it; a reminder is parked for the desk, since a second
    copy would count as a second contact.
    """
    message = outbox.get(context.session, outbox_id)
    if not message.purpose.unsolicited:
        outbox.again(context.session, outbox_id, context.now, "cannot_tell")
        return
    outbox.park(context.session, outbox_id, context.now)
    kind_of(context.installation, message).ended(context, message, StepState.PARKED, "cannot_tell")
    _case(context, message, "in_doubt", "nobody can tell whether a message arrived")
    reschedule_recipient(context, message)


def take_report(context: Context, report: DeliveryReport) -> None:
    """Record a provider's delivery report; a settled message never goes back to an earlier state."""
    message = lookups.by_reference(context.session, report.channel, report.reference, report.provider_id)
    if message is None:
        return
    kind = kind_of(context.installation, message)
    lock_contact_point(context.session, message.contact_point_id)
    lock_customers(context.session, kind.concerned(context, message))
    message = outbox.get(context.session, message.id)
    if report.fate is DeliveryFate.FAILED and message.state in _MAY_FAIL:
        _not_delivered(context, message, report)
    elif report.fate is not DeliveryFate.FAILED:
        _accept(context, message.id, report.provider_id)
        if report.fate is DeliveryFate.DELIVERED:
            kind.delivered(context, message)
    if report.opted_out:
        consent.stop(context, message.contact_point_id, f"provider:{report.code}")
    elif report.address_bad:
        unreachable.lost(context, message.contact_point_id, report.code)
    reschedule_recipient(context, message)


_MAY_FAIL = {OutboxState.SENDING, OutboxState.SENT, OutboxState.IN_DOUBT, OutboxState.PARKED}


def _accept(
    context: Context, outbox_id: int, provider_id: str, left_at: datetime | None = None
) -> Message | None:
    """The message that counts as sent from now on; None where it was settled before."""
    message = outbox.sent(context.session, outbox_id, provider_id, left_at or context.now)
    if message:
        at = left_at or message.begun_at or context.now
        kind_of(context.installation, message).accepted(context, message, provider_id, at)
    return message


def _not_delivered(context: Context, message: Message, report: DeliveryReport) -> None:
    """It was not delivered: retry later if the failure is transient, else try another channel.

    What was booked with it is reversed until it leaves again, and the gate is asked again then.
    """
    kind, at = kind_of(context.installation, message), context.now + SOFT_AGAIN
    in_time = message.expires_at is None or at <= message.expires_at
    if report.soft and in_time and message.tries <= SOFT_TRIES:
        kind.requeued(context, message)
        outbox.again(context.session, message.id, at, f"soft:{report.code}")
        return
    outbox.failed(context.session, message.id, "not_delivered", report.code, context.now)
    bill_ids = kind.ended(context, message, StepState.UNHEARD, "not_delivered")
    _search(context, message, bill_ids, report.code)
    _unanswered(context, message, report.code, gone=report.address_bad)


def _case(context: Context, message: Message, kind: str, why: str) -> None:
    subject = message.channel.value if kind == "channel_down" else f"message:{message.id}"
    case = Case(
        key=f"{kind}:{subject}",
        kind=kind,
        reason=why,
        deadline=context.answer_by(),
        customer_id=message.customer_id,
        contact_point_id=message.contact_point_id,
    )
    escalations.open_case(context.session, case, context.now)


_AWAITED: Final = frozenset({Purpose.REPLY, Purpose.STAFF, Purpose.DANGER})
"""What a customer waits for: they have written, and would otherwise be met with silence."""


def _unanswered(context: Context, message: Message, code: str, *, gone: bool) -> None:
    """Open one case at a contact point of a customer where an answer did not arrive.

    Where the address itself is ``gone`` another way is used, or searched for; only what a person wrote, or
    what danger asks for, is a case there, too.
    """
    if gone and message.purpose is Purpose.REPLY:
        return
    known = message.customer_id or customers.at_contact_point(context.session, message.contact_point_id)
    if message.purpose not in _AWAITED or not known:
        return
    case = Case(
        key=f"not_deliverable:point:{message.contact_point_id}",
        kind="not_deliverable",
        reason=f"an answer to the customer did not arrive by {message.channel.value} ({code}): "
        "answer them another way",
        deadline=context.answer_by(),
        customer_id=message.customer_id,
        contact_point_id=message.contact_point_id,
        unanswered_since=context.now,
    )
    escalations.open_case(context.session, case, context.now)


def _search(context: Context, message: Message, bill_ids: Collection[str], code: str) -> None:
    """An undelivered final notice stops the placement of its bills and opens an address search.

    Placement needs a final notice that arrived (docs/proof.md, invariant 50).
    """
    final = message.level is not None and context.policy.level(message.level).final
    if final and message.customer_id:
        address_search.stop_placement(context, bill_ids, "final notice not delivered")
        why = f"the final notice did not arrive by {message.channel.value} ({code})"
        address_search.open_search(context, message.customer_id, why)
