"""The protocol of a channel, which Twilio, Telegram, e-mail and the simulated phone all implement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from handlers.arrivals import RefusalReason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from billing.accounts.channels import Channel
    from handlers.arrivals import Arrival, DeliveryReport


__all__ = [
    "Accepted",
    "ChannelAdapter",
    "Choice",
    "Enclosed",
    "Envelope",
    "HookedAdapter",
    "InDoubt",
    "Posted",
    "Receiver",
    "RefusalReason",
    "Refused",
    "Sent",
    "StatusAdapter",
    "Trace",
    "TryLater",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer offered as a button where the channel has buttons; ``value`` comes back when pressed."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A PDF attached to a message on its channel; its file name has no personal data."""

    name: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message, ready to leave; its text is final and already fits the channel.

    ``reference`` is unguessable and belongs to this message alone, so that a status callback proves
    acceptance. ``begun_at`` (UTC) is when the row was committed as *sending*, before any network call.
    """

    reference: str
    address: str
    text: str
    begun_at: datetime
    choices: tuple[Choice, ...] = ()
    edits: str = ""
    """The provider's id of the message that this one replaces, if the channel can edit messages."""
    valid_until: datetime | None = None
    """The latest moment to arrive (UTC): the recipient's hours end, or a later reply would confuse."""
    heard_at: datetime | None = None
    """When the recipient last wrote from there (UTC)."""
    key: str = ""
    """The message key in the catalogue, if there is one; WhatsApp may have approved a template for it."""
    language: str = ""
    values: tuple[str, ...] = ()
    """The template's variables in its order, formatted for people."""
    subject: str = ""
    answers: str = ""
    """The provider's id of the message this replies to; empty for an unsolicited message."""
    enclosed: tuple[Enclosed, ...] = ()
    """Attached documents, if the channel can carry them."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel's provider accepted the message."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel's provider certainly did not accept it, and will not accept it later."""

    reason: RefusalReason
    code: str
    meaning: str = field(default="", compare=False)
    """What the code says, for the desk."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """The channel certainly did not accept it now, or was not reached; a later try may succeed."""

    after: timedelta
    code: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Whether the channel accepted it is unknown; never sent again without asking the provider first."""

    code: str


Sent: TypeAlias = "Accepted | Refused | TryLater | InDoubt"


class Trace(StrEnum):
    """A channel's answer about a message in doubt for which the provider gives no id."""

    ABSENT = "absent"
    CANNOT_TELL = "cannot_tell"


class ChannelAdapter(Protocol):
    """A channel for outgoing messages. Adapters never raise on provider failures: the result says it."""

    @property
    def name(self) -> Channel:
        """The channel this is; ``billing/accounts/channels.py`` says what it can do."""

    async def send(self, envelope: Envelope) -> Sent:
        """Hand the message to the provider, once."""

    async def trace(self, envelope: Envelope) -> Accepted | Trace:
        """Ask the provider whether it accepted a message in doubt."""

    async def close(self) -> None:
        """Close connections."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What somebody posted to a channel's address at ``at`` (UTC); ``headers`` in any case of letters."""

    headers: Mapping[str, str]
    body: bytes
    at: datetime


class Receiver(Protocol):
    """Takes what comes in by a channel; it is stored once this returns."""

    async def receive(self, arrival: Arrival) -> None:
        """A customer's message."""

    async def report(self, report: DeliveryReport) -> None:
        """What became of a message of ours."""


@runtime_checkable
class HookedAdapter(Protocol):
    """An adapter whose provider posts what comes in to ``/webhooks/<channel>``."""

    async def take_post(self, posted: Posted, receiver: Receiver) -> bool:
        """Hand on what was posted; False where it does not prove to come from the provider."""


@runtime_checkable
class StatusAdapter(Protocol):
    """An adapter whose provider can be asked what became of a message, where no report came by itself."""

    async def status(self, provider_id: str, reference: str) -> DeliveryReport | None:
        """What became of a message it accepted; None while that is open or cannot be said. Never raises."""
