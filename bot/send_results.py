"""Saves a channel's result in the outbox; shared by real and simulated delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.channel import Accepted, Choice, Enclosed, Envelope, InDoubt, Refused, Trace, TryLater
from handlers.delivery import results
from messages.documents import bill_documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.channel import Sent
    from handlers.context import Context
    from handlers.delivery.dispatch import Ready

ABSENT: Final = "absent"


def envelope(ready: Ready) -> Envelope:
    """The envelope for an adapter of a message that was committed as *sending*."""
    message, how = ready.message, ready.options
    assert message.begun_at is not None
    choices = tuple(Choice(label, value) for label, value in message.choices)
    return Envelope(
        reference=message.reference,
        address=ready.address,
        text=message.text,
        begun_at=message.begun_at,
        choices=choices,
        edits=ready.edits,
        valid_until=how.valid_until,
        heard_at=how.heard_at,
        key=how.key,
        language=message.language,
        values=how.values,
        subject=how.subject,
        answers=how.answers,
        enclosed=_enclosed(how.bill),
    )


def _enclosed(page: Mapping[str, Any] | None) -> tuple[Enclosed, ...]:
    """A bill rendered from its saved content, so that a second copy is the same document."""
    if page is None:
        return ()
    name = "".join(sign if sign.isalnum() else "-" for sign in str(page["title"])).lower()
    return (Enclosed(f"{name}.pdf", bill_documents.readable(dict(page))),)


def record_send_result(context: Context, outbox_id: int, answer: Sent) -> None:
    """Save the channel's result of sending a message."""
    match answer:
        case Accepted(provider_id):
            results.accepted(context, outbox_id, provider_id)
        case Refused(reason, code, meaning):
            results.refused(context, outbox_id, reason.value, code, meaning)
        case TryLater(after, code):
            results.later(context.session, outbox_id, context.now + after, code)
        case InDoubt(code):
            results.doubtful(context, outbox_id, code)


def record_trace(context: Context, outbox_id: int, found: Accepted | Trace) -> None:
    """Save the result of asking a channel about a message in doubt."""
    match found:
        case Accepted(provider_id):
            results.accepted(context, outbox_id, provider_id)
        case Trace.ABSENT:
            results.later(context.session, outbox_id, context.now, ABSENT)
        case Trace.CANNOT_TELL:
            results.untraceable(context, outbox_id)
