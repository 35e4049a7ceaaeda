"""What a carrier needs beside address and text: validity, template key and values, thread, attachment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billing.dunning.quiet_hours import closes_at
from billing.gate import CONFIRM_STOP_WITHIN, Purpose
from billing.whole_numbers import whole_number
from handlers import rendering
from handlers.outgoing import kind_of
from storage.conversation import inbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context
    from storage.delivery.outbox import Message
    from storage.people.contact_points import ContactPoint

_REPLY = "reply:"


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """What a channel needs beside address and text; see :class:`bot.channel.Envelope`. Times are UTC.

    ``heard_at`` is the last inbound message: WhatsApp allows free text only within 24 hours of it (Twilio
    63016).
    """

    valid_until: datetime | None = None
    heard_at: datetime | None = None
    key: str = ""
    values: tuple[str, ...] = ()
    subject: str = ""
    answers: str = ""
    bill: Mapping[str, Any] | None = None
    """The bill attached to an e-mail, as data; made into a PDF outside the transaction, for that is slow."""


def of(
    context: Context, message: Message, point: ContactPoint, person: PersonSnapshot | None
) -> DeliveryOptions:
    """The delivery options of one message; ``person`` is the recipient of an unsolicited one, else None."""
    alone = message.sayings[0] if len(message.sayings) == 1 else None
    can = message.channel.capabilities
    return DeliveryOptions(
        valid_until=_valid_until(context, message, person),
        heard_at=point.last_inbound_at,
        key=alone.key if alone else "",
        values=rendering.values(alone, message.language) if alone else (),
        subject=context.installation.words.say("email.subject", message.language, {}) if can.threads else "",
        answers=_answered(context.session, message) if can.threads else "",
        bill=kind_of(context.installation, message).enclosed(context, message) if can.attaches else None,
    )


def _valid_until(context: Context, message: Message, person: PersonSnapshot | None) -> datetime | None:
    """The last moment (UTC) for delivery: end of contact hours, expiry, or five minutes after a STOP.

    The carrier may hold a message back, and would otherwise deliver it at night.
    """
    times = [message.expires_at]
    if message.purpose is Purpose.STOP_CONFIRMATION:
        times.append(message.created_at + CONFIRM_STOP_WITHIN)
    if message.purpose is Purpose.OUT and person:
        times.append(closes_at(context.policy.window, person.zones, context.now, person.prefers))
    return min((at for at in times if at), default=None)


def _answered(session: Session, message: Message) -> str:
    """Message id of the e-mail that this one replies to, so that mail programs show one thread."""
    inbox_id = whole_number(message.key.removeprefix(_REPLY)) if message.key.startswith(_REPLY) else None
    return "" if inbox_id is None else inbox.get(session, inbox_id).provider_id
