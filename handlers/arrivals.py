"""What channels deliver: inbound messages, and delivery reports about ours."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.card_numbers import masked

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from billing.accounts.channels import Channel


_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL refuses, and halves of characters, which no database can encode."""


def _make_storable(came: Arrival | DeliveryReport) -> None:
    """Put a mark in the place of what cannot be stored: one such text fails all that is stored with it."""
    for one in fields(came):
        value = getattr(came, one.name)
        if type(value) is str and _UNSTORABLE.search(value):
            object.__setattr__(came, one.name, _UNSTORABLE.sub("\ufffd", value))


class ArrivalKind(StrEnum):
    """What a customer did."""

    TEXT = "text"
    BUTTON = "button"
    """A choice was pressed; the text is the choice's value."""
    LINK = "link"
    """A deep link was opened (Telegram ``/start TOKEN``); the text is the token."""
    CARD = "card"
    """A text with a card number or security code, masked before it was stored."""
    CONTACT = "contact"
    """The sender shared their own phone number, confirmed by the app; the text is the number in E.164."""
    EDITED = "edited"
    """A text was changed after it was sent; it was answered as it was first."""
    MEDIA = "media"
    """A photo, voice note, place …; the text is its caption, if any."""
    STOPPED = "stopped"
    """The carrier, or the app, took an opt-out itself and has answered it."""
    STARTED = "started"
    """The carrier took an opt-in itself and has answered it."""
    ASKED_HELP = "asked_help"
    """The carrier took a request for help itself and has answered it."""
    STAFF = "staff"
    """A command or pressed button in a staff chat."""
    STAFF_MOVED = "staff_moved"
    """A staff chat has another id from here on, which is the text: a group became a supergroup."""

    @property
    def from_staff(self) -> bool:
        """Whether it concerns a staff chat, and no customer."""
        return self in {ArrivalKind.STAFF, ArrivalKind.STAFF_MOVED}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing a customer sent; the provider's id makes it count once (a replay changes nothing).

    ``address`` is E.164 for SMS and WhatsApp and the chat id for Telegram; ``received_at`` is UTC.
    """

    channel: Channel
    provider_id: str
    address: str
    text: str
    received_at: datetime
    kind: ArrivalKind = ArrivalKind.TEXT
    name: str = ""
    asked_at: str = ""
    """For a button: the provider's id of the message that carried it."""
    sender: str = ""
    """In a staff chat: the Telegram user who wrote or pressed."""

    def __post_init__(self) -> None:
        """Keep to what every database can store, and to an id that is no payment card's number."""
        _make_storable(self)
        if masked(self.provider_id) != self.provider_id:
            digest = hashlib.sha256(self.provider_id.encode()).hexdigest()
            object.__setattr__(self, "provider_id", digest)


class RefusalReason(StrEnum):
    """What a provider's refusal, at once or reported later, says about: whom or what it is laid to."""

    OPTED_OUT = "opted_out"
    """The recipient's wish: they want no messages from this sender."""
    ADDRESS = "address"
    """The number (chat, mailbox): it can never be reached by this channel."""
    SENDER = "sender"
    """Our sender may not send (not registered, suspended, locked): the channel stops, one case is opened."""
    ROUTE = "route"
    """Our sender cannot reach that country: the channel stops for it; who has another way goes by it."""
    CONTENT = "content"
    """The text or the template: the same is not sent again."""
    WINDOW = "window"
    """WhatsApp: free text outside the 24 hours after the customer's last message, and no template for it."""
    ELSEWHERE = "elsewhere"
    """It cannot go by this channel now, and nobody is at fault: another channel is tried."""
    CONFIGURATION = "configuration"
    """Credentials or settings are wrong: the channel stops, one case is opened."""
    UNKNOWN = "unknown"
    """A code that nobody knows here: tried again a few times, and told to the desk once."""

    @property
    def stops_channel(self) -> bool:
        """Whether nothing else would pass by the channel either."""
        return self in {RefusalReason.SENDER, RefusalReason.CONFIGURATION}


class DeliveryFate(StrEnum):
    """What became of a message we sent; reports arrive out of order, so a state never goes back."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A provider's report that arrived on a message of ours, known by our reference or the provider's id."""

    channel: Channel
    provider_id: str
    reference: str
    fate: DeliveryFate
    code: str = ""
    cause: RefusalReason | None = None
    """What the provider lays a failure to; without one it was not delivered, and another channel is tried."""
    after: timedelta | None = None
    """The failure passes: the wait before another try (Twilio 30003, a full mailbox)."""
    meaning: str = ""
    """What the code says, for the desk."""

    def __post_init__(self) -> None:
        """Keep to what every database can store."""
        _make_storable(self)
