"""What comes in from a channel: a customer's message, or word of what became of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.channels import Channel


class ArrivalKind(StrEnum):
    """What a customer did."""

    TEXT = "text"
    BUTTON = "button"
    """A choice was pressed; the text is the choice's value."""
    LINK = "link"
    """A deep link was opened (Telegram ``/start TOKEN``); the text is the token."""
    CARD = "card"
    """A text that held a card number or its code, masked before it was kept."""
    CONTACT = "contact"
    """Somebody shared their own phone number, as the app vouches; the text is the number in E.164."""
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
    """Somebody in a staff chat gave a command, or pressed a button that stands for one."""


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


class DeliveryFate(StrEnum):
    """What became of a message we sent; providers report out of order, so later never goes back."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """Word from a provider about a message of ours, known by our reference or by the provider's id."""

    channel: Channel
    provider_id: str
    reference: str
    fate: DeliveryFate
    code: str = ""
    opted_out: bool = False
    """The provider says the recipient does not want messages (21610, 63014, a blocked bot)."""
    address_bad: bool = False
    """The address can never work (no such number, a landline)."""
    soft: bool = False
    """It did not arrive this time: the mailbox was full, or their server kept nobody (RFC 3463, class 4)."""
