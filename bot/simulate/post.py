"""How messages leave: what is queued goes to the carriers, and what they say of it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.send_results import envelope
from bot.simulate.carriers import Carrier
from bot.simulate.evidence import Sent
from handlers.arrivals import DeliveryFate
from handlers.delivery.dispatch import LEASE, Ready
from storage.delivery import outbox
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bot.simulate.carriers import Faults, Handed
    from bot.simulate.chance import Luck
    from bot.simulate.stage import Stage

EVERYTHING: Final = 100_000
_NAMES: Final = {"Accepted": "accepted", "InDoubt": "in_doubt", "TryLater": "later"}


class Post:
    """Checks queued messages again, hands them to carriers, and reports the results."""

    def __init__(self, stage: Stage, luck: Luck, faults: Faults, hears: Callable[[Sent], None]) -> None:
        self.carriers: Final = {
            channel: Carrier(channel, luck, faults, self._handed)
            for channel in stage.installation.available
            if channel.electronic
        }
        self._stage = stage
        self._luck = luck
        self._faults = faults
        self._hears = hears
        self._handing: dict[str, Sent] = {}

    def deliver(self) -> None:
        """Hand over everything that is due, as far as the gate lets it."""
        with self._stage.database.read() as session:
            queued = outbox.due(session, self._stage.now, EVERYTHING)
        for outbox_id in queued:
            self._send(outbox_id)

    def ask(self) -> None:
        """Ask the carriers about everything in doubt."""
        with self._stage.database.read() as session:
            lost = outbox.lost(session, self._stage.now, EVERYTHING)
        for outbox_id in lost:
            self._ask(outbox_id)

    def _send(self, outbox_id: int) -> None:
        with self._stage.database.write() as session:
            ready: Ready | None = self._stage.entry_points.look_again(self._stage.context(session), outbox_id)
        if ready is None:
            return
        message = ready.message
        sent = Sent(
            at=self._stage.now,
            outbox_id=outbox_id,
            reference=message.reference,
            purpose=message.purpose.value,
            channel=message.channel.value,
            address=ready.address,
            text=message.text,
            language=message.language,
            customer_id=message.customer_id,
            level=message.level,
            sayings=tuple((one["key"], one["facts"]) for one in outbox.pack(message.sayings)),
        )
        self._stage.evidence.sent.append(sent)
        self._handing[message.reference] = sent
        answer = _now(self.carriers[message.channel].send(envelope(ready)))
        with self._stage.database.write() as session:
            self._stage.entry_points.record_send_result(self._stage.context(session), outbox_id, answer)

    def _handed(self, carrier: Carrier, handed: Handed) -> None:
        """A carrier has taken a message, or not: what follows on its side is put on the heap."""
        sent = self._handing[handed.envelope.reference]
        sent.answer = _answer(handed)
        for _ in range(handed.copies):
            self._stage.at(self._stage.now + handed.delay, lambda: self._delivered(carrier, handed, sent))
        if handed.fails_after is not None:
            self._stage.at(
                self._stage.now + handed.fails_after,
                lambda: self._reports(carrier, handed, sent, DeliveryFate.FAILED),
            )

    def _delivered(self, carrier: Carrier, handed: Handed, sent: Sent) -> None:
        sent.copies += 1
        self._reports(carrier, handed, sent, DeliveryFate.DELIVERED)
        self._hears(sent)

    def _reports(self, carrier: Carrier, handed: Handed, sent: Sent, fate: DeliveryFate) -> None:
        if fate is DeliveryFate.FAILED:
            sent.failed_at = self._stage.now
        twice = 1 + (self._luck.of("report", sent.address).random() < self._faults.reported_twice)
        for _ in range(twice):
            with self._stage.database.write() as session:
                self._stage.entry_points.report(self._stage.context(session), carrier.report(handed, fate))

    def _ask(self, outbox_id: int) -> None:
        with self._stage.database.write() as session:
            message = outbox.lease_doubtful(session, outbox_id, self._stage.now, self._stage.now + LEASE)
            if message is None:
                return
            point = contact_points.get(session, message.contact_point_id)
        found = _now(self.carriers[message.channel].trace(envelope(Ready(message, point.address))))
        with self._stage.database.write() as session:
            self._stage.entry_points.record_trace(self._stage.context(session), outbox_id, found)


def _now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a simulated carrier answers: it never waits for anything."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a simulated carrier does not wait")


def _answer(handed: Handed) -> str:
    answer = handed.answer
    reason = getattr(answer, "reason", None)
    return f"refused:{reason.value}" if reason else _NAMES[type(answer).__name__]
