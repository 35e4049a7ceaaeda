"""Simulated carriers: they delay, lose, send twice, are busy, report late, and pass on opt-outs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from bot.channel import Accepted, InDoubt, RefusalReason, Refused, Trace, TryLater
from handlers.arrivals import DeliveryFate, DeliveryReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.channel import Envelope, Sent
    from bot.simulate.chance import Chance, Luck

CODES: Final = {Channel.SMS: "21610", Channel.WHATSAPP: "63014", Channel.TELEGRAM: "403"}
"""What each provider says when the recipient wants no messages from this sender."""
VALIDITY: Final = timedelta(minutes=30)
"""A message that a carrier could not deliver for so long is given up, not delivered at night."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The share of all messages that a carrier harms, for each kind of fault."""

    busy: float = 0.02
    lost: float = 0.006
    """It was not delivered, and the carrier reported nothing."""
    answer_lost: float = 0.006
    """It was delivered, and the carrier's answer was lost."""
    failed_later: float = 0.015
    reported_twice: float = 0.1
    received_twice: float = 0.05
    """An incoming message that the carrier hands in again."""
    misnamed: float = 0.01
    """The share of payments whose reference identifies no bill."""
    letter_lost: float = 0.01
    letter_returned: float = 0.01
    """The share of letters returned although the address is right."""
    wrong_address: float = 0.03
    """The share of customers who never lived at the registered address."""


SLOW: Final = 0.03


@dataclass(frozen=True, slots=True)
class Handed:
    """What a carrier did with one message; ``delay`` is the time until it appeared on the handset."""

    envelope: Envelope
    answer: Sent
    copies: int
    delay: timedelta = timedelta()
    fails_after: timedelta | None = None


class Carrier:
    """One company on one channel, behind the protocol of the real adapters."""

    def __init__(
        self, name: Channel, luck: Luck, faults: Faults, handed: Callable[[Carrier, Handed], None]
    ) -> None:
        self.name: Final = name
        self.faults: Final = faults
        self._luck = luck
        self._handed = handed
        self._ids = count(1)
        self._taken: dict[str, str] = {}
        self._refuses: dict[str, Refused] = {}

    def refuse(self, address: str, reason: RefusalReason, code: str = "") -> None:
        """From now on take nothing for this address."""
        self._refuses[address] = Refused(reason, code or CODES.get(self.name, "30005"))

    def refuses(self, address: str) -> Refused | None:
        """What it says instead of taking a message for this address."""
        return self._refuses.get(address)

    async def send(self, envelope: Envelope) -> Sent:
        """Take the message, or not."""
        handed = self._decide(envelope)
        if handed.copies or isinstance(handed.answer, Accepted):
            provider_id = (
                handed.answer.provider_id if isinstance(handed.answer, Accepted) else self._new_id("out")
            )
            self._taken[envelope.reference] = provider_id
        self._handed(self, handed)
        return handed.answer

    async def trace(self, envelope: Envelope) -> Accepted | Trace:
        """Look up a message in doubt: an SMS provider knows the result, a chat app does not."""
        if self.name is Channel.TELEGRAM:
            return Trace.CANNOT_TELL
        taken = self._taken.get(envelope.reference)
        return Trace.ABSENT if taken is None else Accepted(taken)

    async def close(self) -> None:
        """There are no connections to close."""

    def incoming_id(self) -> str:
        """The id of a message that comes in."""
        return self._new_id("in")

    def report(self, handed: Handed, fate: DeliveryFate) -> DeliveryReport:
        """A delivery report on a message."""
        taken = self._taken.get(handed.envelope.reference, "")
        code = "30003" if fate is DeliveryFate.FAILED else ""
        return DeliveryReport(self.name, taken, handed.envelope.reference, fate, code)

    def _decide(self, envelope: Envelope) -> Handed:
        refused = self._refuses.get(envelope.address)
        if refused is not None:
            return Handed(envelope, refused, 0)
        chance, faults = self._luck.of(self.name.value, envelope.address), self.faults
        lot, delay = chance.random(), _delay(chance)
        if lot < faults.busy:
            wait = timedelta(seconds=chance.randint(30, 9000))
            return Handed(envelope, TryLater(wait, "429"), 0)
        if (lot := lot - faults.busy) < faults.lost:
            return Handed(envelope, InDoubt("timeout"), 0)
        if (lot := lot - faults.lost) < faults.answer_lost:
            return Handed(envelope, InDoubt("timeout"), 1, delay)
        accepted = Accepted(self._new_id("out"))
        if lot - faults.answer_lost < faults.failed_later and self.name is not Channel.TELEGRAM:
            return Handed(envelope, accepted, 0, fails_after=timedelta(seconds=chance.randint(60, 200_000)))
        return _in_time(envelope, accepted, delay)

    def _new_id(self, way: str) -> str:
        return f"{self.name}-{way}-{next(self._ids)}"


def _in_time(envelope: Envelope, accepted: Accepted, delay: timedelta) -> Handed:
    """A message arrives while it is valid, or not at all."""
    until = envelope.valid_until
    if until is not None and envelope.begun_at + delay > until:
        return Handed(envelope, accepted, 0, fails_after=max(until - envelope.begun_at, timedelta()))
    return Handed(envelope, accepted, 1, delay)


def _delay(chance: Chance) -> timedelta:
    """Seconds mostly, minutes at times, never longer than the validity."""
    mean = 8 if chance.random() > SLOW else 600
    return min(timedelta(seconds=int(2 + chance.expovariate(1 / mean))), VALIDITY)
