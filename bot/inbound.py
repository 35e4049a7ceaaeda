"""Incoming messages and reports: stored and acknowledged first, answered after that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from handlers.conversation import turn
from handlers.delivery import results

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.delivery import Delivery
    from handlers.arrivals import Arrival, DeliveryReport
    from handlers.installation import Installation
    from storage.database.transaction import Database


class Reception:
    """Receives inbound messages of customers and delivery reports of providers from the channels."""

    def __init__(
        self, database: Database, installation: Installation, clock: Clock, delivery: Delivery | None
    ) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._delivery = delivery
        self._turns: set[asyncio.Task[None]] = set()

    async def receive(self, arrival: Arrival) -> None:
        """Store a message, and answer it in the background: the provider is acknowledged in between.

        Raises whatever the database raises when it cannot be stored, so that the provider tries again.
        """
        inbox_id = await asyncio.to_thread(self._receive, arrival)
        if inbox_id is not None:
            task = asyncio.create_task(self._take(inbox_id))
            self._turns.add(task)
            task.add_done_callback(self._turns.discard)

    async def report(self, report: DeliveryReport) -> None:
        """Save a provider's delivery report."""
        await asyncio.to_thread(self._take_report, report)
        self._nudge()

    async def catch_up(self) -> int:
        """Answer messages that were stored but not answered, since a process died in between."""
        waiting = await asyncio.to_thread(turn.waiting, self._database, self._clock())
        for inbox_id in waiting:
            await self._take(inbox_id)
        return len(waiting)

    async def finish(self) -> None:
        """Wait for the answers being made."""
        if self._turns:
            await asyncio.gather(*self._turns, return_exceptions=True)

    def _receive(self, arrival: Arrival) -> int | None:
        with self._database.write() as session:
            return turn.receive(session, self._installation, arrival, self._clock())

    def _take_report(self, report: DeliveryReport) -> None:
        with self._database.write() as session:
            results.take_report(session, self._installation, report, self._clock())

    async def _take(self, inbox_id: int) -> None:
        try:
            await asyncio.to_thread(turn.take, self._database, self._installation, inbox_id, self._clock)
        except Exception as error:  # noqa: BLE001 - the row waits, and is taken again by the clock
            structlog.get_logger().warning("turn.not_taken", inbox_id=inbox_id, error=type(error).__name__)
        self._nudge()

    def _nudge(self) -> None:
        if self._delivery:
            self._delivery.nudge()
