"""What a channel can do: the one protocol that Twilio, Telegram and the simulated phone all keep."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from billing.accounts.channels import Channel


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer offered as a button where the channel has buttons; ``value`` comes back when pressed."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A PDF that comes with a message; its name names nobody."""

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
    """The provider's id of the message whose place this one takes, where a channel can do that."""
    valid_until: datetime | None = None
    """When it is too late to arrive (UTC): the recipient's hours are over, or the reply would confuse."""
    heard_at: datetime | None = None
    """When the recipient last wrote from there (UTC)."""
    key: str = ""
    """The catalogue's name of what is said, where it is one thing; a template may be approved for it."""
    language: str = ""
    values: tuple[str, ...] = ()
    """What that template is filled with, in its order, as people write it."""
    subject: str = ""
    answers: str = ""
    """The provider's id of the message this replies to; empty for what nobody asked for."""
    enclosed: tuple[Enclosed, ...] = ()
    """Papers that come with it, where a channel can carry them."""


class RefusalReason(StrEnum):
    """Why a provider refused; the recipient's wish, the recipient's address, our text, or our set-up."""

    OPTED_OUT = "opted_out"
    ADDRESS = "address"
    CONTENT = "content"
    WINDOW = "window"
    """WhatsApp: free text outside the 24 hours after the customer's last message, and no template for it."""
    CONFIGURATION = "configuration"
    """Credentials, sender or country settings: the channel stops and the operator is told."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider certainly did not take it, and will not."""

    reason: RefusalReason
    code: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """The provider, or the way to it, certainly did not take it now."""

    after: timedelta
    code: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody knows whether the provider took it; never send again without asking."""

    code: str


Sent: TypeAlias = "Accepted | Refused | TryLater | InDoubt"


class Trace(StrEnum):
    """What a provider says of a message in doubt, when it cannot give an id."""

    ABSENT = "absent"
    CANNOT_TELL = "cannot_tell"


class ChannelAdapter(Protocol):
    """A way out. Adapters never raise for what a provider or a network does: the answer says it."""

    @property
    def name(self) -> Channel:
        """Which channel this is."""

    @property
    def has_buttons(self) -> bool:
        """Whether choices travel as buttons; else the text has them numbered."""

    @property
    def longest(self) -> int:
        """The most characters one message may hold."""

    async def send(self, envelope: Envelope) -> Sent:
        """Hand the message to the provider, once."""

    async def trace(self, envelope: Envelope) -> Accepted | Trace:
        """Ask the provider what became of a message in doubt."""

    async def close(self) -> None:
        """Let go of connections."""
