"""Delivery of queued messages: claim, check again, send, save the result; ask providers about doubts."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.batches import Batches
from bot.channel import Accepted, InDoubt, RefusalReason, Refused, StatusAdapter, Trace, TryLater
from bot.outages import Outage, code, log_failure
from bot.send_results import envelope, record_send_result, record_trace
from handlers import set_aside
from handlers.context import Context
from handlers.delivery import channel_stops, delivery_options, dispatch, failing, results
from handlers.delivery.dispatch import LEASE, Ready
from storage.database import trouble
from storage.delivery import outbox, unreported
from storage.delivery.outbox import OutboxState
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from bot.channel import ChannelAdapter, Sent
    from bot.clock import Clock
    from handlers.arrivals import DeliveryReport
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.delivery.unreported import Unreported

BATCH: Final = 100
"""Messages a round: a reply queued meanwhile waits no longer than one round."""
AT_ONCE: Final = 8
"""Contact points served at the same time: a slow provider must not hold up the others."""
SET_ASIDE_AGAIN: Final = timedelta(minutes=10)
"""When a message is tried again that could not be looked at: a case says so meanwhile."""
_SAVE_AGAIN: Final = (0.5, 1, 2, 4, 8, 8, 8, 8)
"""Seconds to wait between tries to save what a carrier answered: without it the message would be in doubt.

Together less than half of a lease; after it another process may ask the carrier.
"""
BUSY_FOR: Final = 30.0
"""Seconds for which a provider that was busy has to take messages until the log says that it does."""
EVERY: Final = 1.0
"""Seconds between checks of the outbox, unless nudged."""


class Delivery:
    """Sends queued messages through the available channels; several processes may do it at once."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        channels: Mapping[Channel, ChannelAdapter],
        clock: Clock,
    ) -> None:
        self._database = database
        self._installation = installation
        self._channels = channels
        self._clock = clock
        self._nudged = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._talks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._results = Batches(database, self._record_results, at_once=BATCH, name="results")
        self._outages = {
            channel: Outage("channel.trouble", "channel.back", BUSY_FOR, channel=channel.value)
            for channel in channels
        }
        self.running = False
        """Whether this process delivers: replies may leave as soon as they are made."""

    def nudge(self) -> None:
        """Check the outbox now, since a message was queued."""
        self._nudged.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until stopped; messages being sent are finished first."""
        self.running = True
        while not stop.is_set():
            self._nudged.clear()
            if not await self.deliver_due():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._nudged.wait(), EVERY)

    async def deliver_due(self) -> int:
        """Send all due messages, and query those in doubt; returns how many were sent."""
        try:
            waiting, doubtful, silent = await asyncio.to_thread(self._due)
            await asyncio.gather(*(self._ask(outbox_id) for outbox_id in doubtful))
            await asyncio.gather(*(self._ask_status(one) for one in silent))
            sent = await asyncio.gather(*(self.send(point, ids) for point, ids in waiting.items()))
        except Exception as error:  # noqa: BLE001 - one failure must not end delivery
            log_failure("delivery.failed", error)
            return 0
        return sum(sent)

    def _due(self) -> tuple[dict[int, list[int]], list[int], list[Unreported]]:
        """Due messages by contact point, so that each conversation keeps its order; and those to ask about.

        Of some nobody knows whether they left, of others what became of them.
        """
        now, found = self._clock(), defaultdict(list)
        with self._database.read() as session:
            for outbox_id in outbox.due(session, now, BATCH):
                found[outbox.get(session, outbox_id).contact_point_id].append(outbox_id)
            return found, outbox.lost(session, now, BATCH), unreported.due(session, now, BATCH)

    async def send(self, point: int, outbox_ids: list[int]) -> int:
        """Send these messages to one contact point in order; returns how many were sent."""
        sent = 0
        async with self._talks[point]:
            for outbox_id in outbox_ids:
                async with self._places:
                    sent += await self._one(outbox_id)
        if not self._talks[point].locked():
            self._talks.pop(point, None)
        return sent

    async def hand_over(self, ready: Ready) -> bool:
        """Hand a message that is *sending* to its carrier and save the result; whether it was accepted."""
        try:
            channel = self._channels.get(ready.message.channel)
            answer = await _hand_over(channel, ready) if channel else _NO_CHANNEL
            if channel:
                self._note(ready.message.channel, answer)
            await self._save(ready.message.id, answer)
            if ready.tries_stopped and isinstance(answer, Accepted):
                await asyncio.to_thread(self._passes_again, ready)
        except Exception as error:  # noqa: BLE001 - the lease runs out, and the provider is asked
            log_failure("delivery.message_failed", error, outbox_id=ready.message.id)
            return False
        return isinstance(answer, Accepted)

    def _note(self, channel: Channel, answer: Sent) -> None:
        """Say once that a provider is busy or away, and once that it takes messages again."""
        if isinstance(answer, TryLater | InDoubt):
            self._outages[channel].failed(code=code(answer.code))
        elif isinstance(answer, Accepted):
            self._outages[channel].worked()

    async def _save(self, outbox_id: int, answer: Sent) -> None:
        """Save a result; while the database is away, again and again for as long as the lease runs."""
        for wait in _SAVE_AGAIN:
            try:
                await self._results.do((outbox_id, answer))
            except Exception as error:
                if trouble.kind_of(error) is None:
                    raise
                await asyncio.sleep(wait)
            else:
                return
        await self._results.do((outbox_id, answer))

    async def _one(self, outbox_id: int) -> bool:
        try:
            ready = await asyncio.to_thread(self._look_again, outbox_id)
        except Exception as error:  # noqa: BLE001 - it is still queued, and looked at again
            log_failure("delivery.message_failed", error, outbox_id=outbox_id)
            await asyncio.to_thread(self._set_aside, outbox_id, error)
            return False
        return ready is not None and await self.hand_over(ready)

    async def _ask(self, outbox_id: int) -> None:
        async with self._places:
            try:
                ready = await asyncio.to_thread(self._lease, outbox_id)
                if ready is None:
                    return
                channel = self._channels.get(ready.message.channel)
                found = await channel.trace(envelope(ready)) if channel else Trace.CANNOT_TELL
                await asyncio.to_thread(self._traced, outbox_id, found)
            except Exception as error:  # noqa: BLE001 - asked again when the lease has run out
                log_failure("delivery.trace_failed", error, outbox_id=outbox_id)

    async def _ask_status(self, one: Unreported) -> None:
        """Ask a provider what became of a message on which no report came: callbacks get lost, too."""
        async with self._places:
            try:
                asked = _asked(self._channels.get(one.channel))
                taken = await asyncio.to_thread(self._take_unreported, one, asks=asked is not None)
                report = await asked.status(one.provider_id, one.reference) if asked and taken else None
                if report is not None:
                    await asyncio.to_thread(self._reported, report)
            except Exception as error:  # noqa: BLE001 - asked again, as long as that makes sense
                log_failure("delivery.status_failed", error, outbox_id=one.id)

    def _take_unreported(self, one: Unreported, *, asks: bool) -> bool:
        with self._database.write() as session:
            now = self._clock()
            again = results.next_ask(one.sent_at, now) if asks else None
            return unreported.take(session, one.id, now, again)

    def _reported(self, report: DeliveryReport) -> None:
        with self._database.write() as session:
            results.take_report(Context(session, self._installation, self._clock), report)

    def _set_aside(self, outbox_id: int, error: Exception) -> None:
        """Open a case about a message that cannot be looked at, and try it again later."""
        if trouble.of_the_database(error):
            return  # nobody's row: the next tick tries it
        with self._database.write() as session:
            context = Context(session, self._installation, self._clock)
            message = outbox.get(session, outbox_id)
            if message.state is OutboxState.QUEUED:
                outbox.again(session, outbox_id, context.now + SET_ASIDE_AGAIN, "set_aside")
                set_aside.put(context, "delivery", f"message {outbox_id}", error, message.customer_id)

    def _look_again(self, outbox_id: int) -> Ready | None:
        with self._database.write() as session:
            return dispatch.look_again(Context(session, self._installation, self._clock), outbox_id)

    def _record_results(self, session: Session, results: Sequence[tuple[int, Sent]]) -> list[None]:
        context = Context(session, self._installation, self._clock)
        for result in results:
            record_send_result(context, *result)
        return [None] * len(results)

    def _passes_again(self, ready: Ready) -> None:
        with self._database.write() as session:
            context = Context(session, self._installation, self._clock)
            point = contact_points.get(session, ready.message.contact_point_id)
            channel_stops.passed(context, ready.message, point)

    def _lease(self, outbox_id: int) -> Ready | None:
        with self._database.write() as session:
            now = self._clock()
            message = outbox.lease_doubtful(session, outbox_id, now, now + LEASE)
            if message is None:
                return None
            edited = outbox.get(session, message.edits).provider_id if message.edits else None
            point = contact_points.get(session, message.contact_point_id)
            how = delivery_options.of(Context(session, self._installation, self._clock), message, point, None)
            return Ready(message, point.address, edited or "", how)

    def _traced(self, outbox_id: int, found: Accepted | Trace) -> None:
        with self._database.write() as session:
            record_trace(Context(session, self._installation, self._clock), outbox_id, found)


_NO_CHANNEL = Refused(RefusalReason.CONFIGURATION, failing.NOT_SET_UP, "it is not set up in this process")


def _asked(channel: object) -> StatusAdapter | None:
    """The channel, if its provider can be asked what became of a message."""
    return channel if isinstance(channel, StatusAdapter) else None


async def _hand_over(channel: ChannelAdapter, ready: Ready) -> Sent:
    """Render attachments in a thread: Typst takes long enough to hold up the event loop."""
    made = await asyncio.to_thread(envelope, ready) if ready.options.bill else envelope(ready)
    return await channel.send(made)
