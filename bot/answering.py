"""Answers to stored messages: made in threads of their own, while the process acknowledges others."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from bot.outages import log_failure
from handlers.conversation import turn

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.delivery import Delivery
    from handlers.conversation.turn import Arrived
    from handlers.delivery.dispatch import Ready
    from handlers.installation import Installation
    from storage.database.transaction import Database

AT_ONCE: Final = 32
"""Contact points answered at once; most of them wait for the provider to take their reply."""
LOOK_EVERY: Final = 5.0
"""Seconds between looks for messages whose process died, or whose turn failed and is tried again."""
PATIENCE: Final = 0.05
"""Seconds between two turns that begin while messages keep coming.

A burst may wait for its answer, never for its acknowledgement.
"""


class Answering:
    """Takes the turns of stored messages: a few contact points at once, the messages of each in order."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        clock: Clock,
        delivery: Delivery | None,
        quiet: asyncio.Event,
    ) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._delivery = delivery
        self._quiet = quiet
        """Set while no message is being stored."""
        self._waiting: dict[int, Arrived] = {}
        """The newest message of each contact point: its turn takes the earlier ones before it."""
        self._busy: set[int] = set()
        self._workers: set[asyncio.Task[None]] = set()
        self._beginning = asyncio.Lock()
        self._threads = ThreadPoolExecutor(database.writers, "answer")

    def add(self, arrived: Arrived) -> None:
        """Answer a stored message as soon as its turn comes."""
        known = self._waiting.get(arrived.contact_point_id)
        if known is None or known.id < arrived.id:
            self._waiting[arrived.contact_point_id] = arrived
        if len(self._workers) < AT_ONCE:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def run(self, stop: asyncio.Event) -> None:
        """Look for messages that wait for their turn until stopped."""
        while not stop.is_set():
            await self.catch_up()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY)

    async def catch_up(self) -> int:
        """Answer messages that were stored and not answered; returns how many there were."""
        if self._waiting:
            return 0  # this process is at it
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, turn.unanswered, self._database, self._clock())
        except Exception as error:  # noqa: BLE001 - the next look tries again
            log_failure("answering.failed", error)
            return 0
        for arrived in found:
            self.add(arrived)
        await self.finish()
        return len(found)

    async def finish(self) -> None:
        """Wait for the answers being made."""
        while self._workers:
            await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while (arrived := self._next()) is not None:
            try:
                await self._answer(arrived)
            except Exception as error:  # noqa: BLE001 - the row waits, and is taken again at the next look
                log_failure("turn.not_taken", error, inbox_id=arrived.id)
            finally:
                self._busy.discard(arrived.contact_point_id)

    async def _answer(self, arrived: Arrived) -> None:
        """Answer what waits at its contact point up to this message, each reply before the next turn."""
        last: int | None = 0
        while last is not None and last < arrived.id:
            await self._let_others_in()
            last, ready = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._take_next, arrived, last
            )
            if ready is not None and self._delivery:
                await self._delivery.hand_over(ready)
            elif self._delivery:
                self._delivery.nudge()  # a queued reply, or what else the turn led to

    async def _let_others_in(self) -> None:
        """Wait for what is being stored; while messages keep coming, one turn begins every ``PATIENCE``."""
        async with self._beginning:
            if not self._quiet.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._quiet.wait(), PATIENCE)

    def _take_next(self, arrived: Arrived, after: int) -> tuple[int | None, Ready | None]:
        sends = self._delivery is not None and self._delivery.running
        return turn.take_next(self._database, self._installation, arrived, after, self._clock, at_once=sends)

    def _next(self) -> Arrived | None:
        """The message that has waited longest, of a contact point that nobody is answering right now."""
        for point_id, arrived in self._waiting.items():
            if point_id not in self._busy:
                del self._waiting[point_id]
                self._busy.add(point_id)
                return arrived
        return None
