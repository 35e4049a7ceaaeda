"""Incoming messages and reports: stored and acknowledged first, answered after that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.answering import Answering
from bot.batches import Batches
from handlers.context import Context
from handlers.conversation import turn
from handlers.delivery import results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from bot.clock import Clock
    from bot.delivery import Delivery
    from handlers.arrivals import Arrival, DeliveryReport
    from handlers.conversation.turn import Arrived
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
        self._stored: Batches[Arrival, Arrived | None] = Batches(
            database, self._store, at_once=TOGETHER, name="receive"
        )
        self._answering = Answering(database, installation, clock, delivery, self._stored.idle)

    async def receive(self, arrival: Arrival) -> None:
        """Store a message, and answer it in the background: the provider is acknowledged in between.

        Raises whatever the database raises when it cannot be stored, so that the provider tries again.
        """
        arrived = await self._stored.do(arrival)
        if arrived is not None:
            self._answering.add(arrived)

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

    def _store(self, session: Session, arrivals: Sequence[Arrival]) -> list[Arrived | None]:
        return turn.receive_all(Context(session, self._installation, self._clock), arrivals)

    def _take_report(self, report: DeliveryReport) -> None:
        with self._database.write(urgent=True) as session:
            results.take_report(Context(session, self._installation, self._clock), report)
