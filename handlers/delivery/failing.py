"""What a failed message says about: its sender, its number, its text; and whether it waits for better days.

A refusal at once and a failure reported later are the same here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.gate import Purpose
from handlers.arrivals import RefusalReason
from handlers.delivery import channel_stops
from handlers.outgoing import kind_of
from handlers.people import consent, unreachable
from storage.delivery import outbox
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.people import contact_points

if TYPE_CHECKING:
    from billing.accounts.channels import Channel
    from handlers.context import Context
    from storage.delivery.outbox import Message

NOT_SET_UP: Final = "not_set_up"
"""The code of a message for a channel that this process does not have."""
UNKNOWN_AGAIN: Final = timedelta(hours=6)
"""Wait before a retry after a code that nobody knows: the desk hears of it meanwhile."""
SOFT_TRIES: Final = 3
"""Retries after transient failures; then the message has failed and another channel is tried."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a message did not pass: refused at once, or ``reported`` after the provider had accepted it."""

    cause: RefusalReason | None
    code: str
    meaning: str
    reported: bool = False

    @property
    def said(self) -> str:
        """The code, and what it means."""
        return f"{self.code}: {self.meaning}" if self.meaning else self.code


def waits(context: Context, message: Message, why: Why) -> bool:
    """Whether a message goes back to the queue, as nobody at the other end is at fault."""
    if why.code == NOT_SET_UP:
        # No word of a provider: another process may have the channel.
        channel_stops.raise_case(context, message.channel, "", why.said, "")
        again(context, message, channel_stops.PAUSE, "configuration", reported=False)
        return True
    if why.cause is RefusalReason.UNKNOWN:
        return _waits_unknown(context, message, why)
    if why.cause is RefusalReason.ROUTE or (why.cause is not None and why.cause.stops_channel):
        return _waits_for_sender(context, message, why)
    return False


def _waits_for_sender(context: Context, message: Message, why: Why) -> bool:
    region = ""
    if why.cause is RefusalReason.ROUTE:
        point = contact_points.get(context.session, message.contact_point_id)
        region = channel_stops.region_of(message.channel, point.address)
    channel_stops.place(context, message.channel, region, why.code, why.said, reported=why.reported)
    if region and channel_stops.has_other_way(context, message):
        return False
    again(context, message, channel_stops.PAUSE, channel_stops.WAITS, reported=why.reported)
    return True


def _waits_unknown(context: Context, message: Message, why: Why) -> bool:
    _raise_unknown(context, message.channel, why)
    if not may_be_tried(context, message, UNKNOWN_AGAIN):
        return False
    again(context, message, UNKNOWN_AGAIN, f"unknown:{why.code}", reported=why.reported)
    return True


def may_be_tried(context: Context, message: Message, after: timedelta) -> bool:
    """Whether a message is still in time after this wait, and was not tried too often."""
    in_time = message.expires_at is None or context.now + after <= message.expires_at
    return in_time and message.tries <= SOFT_TRIES


def again(context: Context, message: Message, after: timedelta, reason: str, *, reported: bool) -> None:
    """Queue a message again; what was booked with its acceptance is reversed until it leaves again."""
    if reported:
        kind_of(context.installation, message).requeued(context, message)
    outbox.again(context.session, message.id, context.now + after, reason)


def blame(context: Context, message: Message, why: Why) -> None:
    """Note what a provider says of the recipient, of their number or of the text."""
    if why.cause is RefusalReason.OPTED_OUT:
        consent.stop(context, message.contact_point_id, f"provider:{why.code}")
    elif why.cause is RefusalReason.ADDRESS:
        unreachable.lost(context, message.contact_point_id, why.code)
    elif why.cause is RefusalReason.CONTENT:
        _raise_content(context, message, why)


def _raise_content(context: Context, message: Message, why: Why) -> None:
    """A text that is not taken: of a reply, which its customer waits for, each; of others once for all."""
    reply = message.purpose is not Purpose.OUT
    if reply and why.reported:
        return  # an answer that did not arrive is a case already, whatever the reason
    subject = f"message:{message.id}" if reply else f"{message.channel.value}:{why.code}"
    what = "a message was" if reply else f"texts by {message.channel.value} are"
    case = Case(
        key=f"not_deliverable:{subject}",
        kind="not_deliverable",
        reason=f"{what} refused ({why.said})",
        deadline=context.answer_by(),
        customer_id=message.customer_id if reply else None,
        contact_point_id=message.contact_point_id if reply else None,
    )
    escalations.open_case(context.session, case, context.now)


def _raise_unknown(context: Context, channel: Channel, why: Why) -> None:
    """A code that is in no table is raised at the desk once, and never again."""
    key = f"unknown_code:{channel.value}:{why.code}"
    if escalations.ever_opened(context.session, [key]):
        return
    case = Case(
        key=key,
        kind="unknown_code",
        reason=f"{channel.value} failed with a code that is not known here ({why.code}): look it up at the "
        "provider; what met it is tried again every 6 hours, three times",
        deadline=context.answer_by(),
        severity=3,
        detail={"code": why.code},
    )
    escalations.open_case(context.session, case, context.now)
