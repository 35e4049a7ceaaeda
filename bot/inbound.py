"""Incoming messages and reports: stored and acknowledged first, answered after that."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from bot.answering import Answering
from handlers.conversation import turn
from handlers.conversation.turn import Arrived
from handlers.delivery import results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clock import Clock
    from bot.delivery import Delivery
    from handlers.arrivals import Arrival, DeliveryReport
    from handlers.installation import Installation
    from storage.database.transaction import Database

TOGETHER: Final = 64
"""Messages stored in one transaction, at most: what comes in while one is committed waits for the next."""


class Reception:
    """Receives inbound messages of customers and delivery reports of providers from the channels."""

    def __init__(
        self, database: Database, installation: Installation, clock: Clock, delivery: Delivery | None
    ) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._delivery = delivery
        self._arrivals: list[tuple[Arrival, asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "receive")
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._answering = Answering(database, installation, clock, delivery, self._quiet)

    async def receive(self, arrival: Arrival) -> None:
        """Store a message, and answer it in the background: the provider is acknowledged in between.

        Raises whatever the database raises when it cannot be stored, so that the provider tries again.
        """
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals.append((arrival, stored))
        self._quiet.clear()
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        await stored

    async def report(self, report: DeliveryReport) -> None:
        """Save a provider's delivery report."""
        await asyncio.to_thread(self._take_report, report)
        if self._delivery:
            self._delivery.nudge()

    async def catch_up(self) -> int:
        """Answer messages that were stored but not answered, since a process died in between."""
        return await self._answering.catch_up()

    async def keep_up(self, stop: asyncio.Event) -> None:
        """Look for such messages until stopped, whatever else this process is busy with."""
        await self._answering.run(stop)

    async def finish(self) -> None:
        """Wait for the answers being made."""
        await self._answering.finish()

    async def _store_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._arrivals:
            batch, self._arrivals = self._arrivals[:TOGETHER], self._arrivals[TOGETHER:]
            stored = await loop.run_in_executor(self._thread, self._store, [arrival for arrival, _ in batch])
            for (_, future), found in zip(batch, stored, strict=True):
                if isinstance(found, Arrived):
                    self._answering.add(found)
                if future.cancelled():
                    continue
                if isinstance(found, Exception):
                    future.set_exception(found)
                else:
                    future.set_result(None)
        self._storing = None
        self._quiet.set()

    def _store(self, arrivals: Sequence[Arrival]) -> list[Arrived | Exception | None]:
        """Store these messages together; if that fails each alone, so that one cannot hold up the others."""
        try:
            with self._database.write(urgent=True) as session:
                return [turn.receive(session, self._installation, one, self._clock()) for one in arrivals]
        except Exception as error:  # noqa: BLE001 - whoever handed it in hears of it
            return [error] if len(arrivals) == 1 else [self._store([one])[0] for one in arrivals]

    def _take_report(self, report: DeliveryReport) -> None:
        with self._database.write(urgent=True) as session:
            results.take_report(session, self._installation, report, self._clock())
