"""The simulated handset of the demo, the tests and ``kvitt chat``: a channel that lives in memory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from bot.channel import Accepted, InDoubt, RefusalReason, Refused, Trace, TryLater
from handlers.arrivals import Arrival, ArrivalKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.channel import Choice, Envelope, Sent

PLAYS: Final = (Channel.SMS, Channel.TELEGRAM)
"""The channels that a handset in a terminal can be."""
SHORT_WAIT: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """One message on a handset's screen; ``choices`` are its buttons, ``at`` (UTC) when it was begun."""

    id: str
    text: str
    choices: tuple[Choice, ...]
    at: datetime


class _Trick(Enum):
    LOSE_ANSWER = auto()
    BUSY = auto()


class PhoneCarrier:
    """The company in between: what it does to messages for an address, until that is fixed."""

    def __init__(self) -> None:
        self._tricks: dict[str, Refused | _Trick] = {}

    def refuse(self, address: str, reason: RefusalReason, code: str) -> None:
        """Take nothing for this address, and say why."""
        self._tricks[address] = Refused(reason, code)

    def lose_answer(self, address: str) -> None:
        """Deliver, but let the answer get lost on its way back."""
        self._tricks[address] = _Trick.LOSE_ANSWER

    def busy(self, address: str) -> None:
        """Take nothing for this address now."""
        self._tricks[address] = _Trick.BUSY

    def fix(self, address: str) -> None:
        """Deliver to this address again."""
        self._tricks.pop(address, None)

    def refusal(self, address: str) -> Refused | TryLater | None:
        """What the carrier says instead of taking a message."""
        trick = self._tricks.get(address)
        if trick is _Trick.BUSY:
            return TryLater(SHORT_WAIT, "busy")
        return trick if isinstance(trick, Refused) else None

    def loses_answer(self, address: str) -> bool:
        """Whether its word of acceptance gets lost."""
        return self._tricks.get(address) is _Trick.LOSE_ANSWER


class PhoneChannel:
    """Handsets in memory behind the same protocol as the real channels.

    ``on_message`` is called with the address and the message as it appears on a screen. Ids hold
    ``session`` (None: drawn by lot), so that two programs on one database never use the same.
    """

    def __init__(
        self,
        name: Channel,
        *,
        on_message: Callable[[str, PhoneMessage], None] | None = None,
        session: str | None = None,
    ) -> None:
        self.name: Final = name
        self.carrier: Final = PhoneCarrier()
        self.on_message = on_message
        self._on = True
        self._ids = count(1)
        self._session = secrets.token_hex(6) if session is None else session
        self._screens: dict[str, list[PhoneMessage]] = {}
        self._taken: dict[str, str] = {}

    async def send(self, envelope: Envelope) -> Sent:
        """Put the message on the handset's screen, unless the carrier has other plans."""
        if not self._on:
            return TryLater(SHORT_WAIT, "switched_off")
        refusal = self.carrier.refusal(envelope.address) or self._unfit(envelope.text)
        if refusal is not None:
            return refusal
        message = self._deliver(envelope)
        if self.carrier.loses_answer(envelope.address):
            return InDoubt("answer_lost")
        return Accepted(message.id)

    async def trace(self, envelope: Envelope) -> Accepted | Trace:
        """Look a message up; it stays in doubt while the channel is switched off."""
        if not self._on:
            return Trace.CANNOT_TELL
        taken = self._taken.get(envelope.reference)
        return Trace.ABSENT if taken is None else Accepted(taken)

    async def close(self) -> None:
        """There are no connections to close."""

    def switch_off(self) -> None:
        """Nothing gets through, to anybody, until `switch_on`."""
        self._on = False

    def switch_on(self) -> None:
        """Everything gets through again."""
        self._on = True

    def handset(self, address: str) -> tuple[PhoneMessage, ...]:
        """What is on this handset's screen, oldest first."""
        return tuple(self._screens.get(address, ()))

    def says(self, address: str, text: str, at: datetime) -> Arrival:
        """What comes in when the customer writes."""
        return Arrival(self.name, self._new_id("in"), address, text, at)

    def presses(self, address: str, value: str, at: datetime) -> Arrival:
        """What comes in when the customer presses the button with this value, on the newest that has it."""
        carried_by = (
            message.id
            for message in reversed(self.handset(address))
            if any(choice.value == value for choice in message.choices)
        )
        return Arrival(
            self.name,
            self._new_id("in"),
            address,
            value,
            at,
            ArrivalKind.BUTTON,
            asked_at=next(carried_by, ""),
        )

    def _unfit(self, text: str) -> Refused | None:
        if not text.strip():
            return Refused(RefusalReason.CONTENT, "empty")
        if any("\ud800" <= character <= "\udfff" for character in text):
            return Refused(RefusalReason.CONTENT, "encoding")
        return (
            Refused(RefusalReason.CONTENT, "too_long") if len(text) > self.name.capabilities.longest else None
        )

    def _deliver(self, envelope: Envelope) -> PhoneMessage:
        can = self.name.capabilities
        choices = envelope.choices if can.has_buttons else ()
        edits = envelope.edits if can.edits else ""
        screen = self._screens.setdefault(envelope.address, [])
        place = next((place for place, one in enumerate(screen) if one.id == edits), len(screen))
        message_id = envelope.edits if place < len(screen) else self._new_id("out")
        message = PhoneMessage(message_id, envelope.text, choices, envelope.begun_at)
        screen[place : place + 1] = [message]
        self._taken.setdefault(envelope.reference, message.id)
        if self.on_message is not None:
            self.on_message(envelope.address, message)
        return message

    def _new_id(self, way: str) -> str:
        return f"{self.name}-{way}-{self._session}-{next(self._ids)}"
