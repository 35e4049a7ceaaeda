"""Posts the texts of many people over a few kept connections, and times acknowledgements and replies."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks.turns.conversation import BLIND, TURNS, faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.turns.carrier import Carrier
    from benchmarks.turns.conversation import Person

PATIENCE: Final = 60.0
"""Seconds without any reply after which what is missing counts as lost."""
IDLE: Final = 2.0
"""Seconds after which a connection is opened anew; a web server closes an idle one after five."""


@dataclass(slots=True)
class Measured:
    """What one burst was like; times in seconds."""

    texts: int = 0
    """Acknowledged while the burst lasted."""
    burst: float = 0.0
    waits: list[float] = field(default_factory=list)
    """From each post to its acknowledgement, those after the burst included."""
    replies: int = 0
    answering: float = 0.0
    """From the first post to the last reply."""
    wrong: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> float:
        """Texts a second."""
        return self.texts / self.burst

    @property
    def answered(self) -> float:
        """Replies that reached the carrier, a second."""
        return self.replies / self.answering if self.answering else 0.0

    def wait(self, share: float) -> float:
        """Within how many seconds this share of the texts was acknowledged."""
        ordered = sorted(self.waits)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    def add(self, other: Measured) -> Measured:
        """Both taken as one."""
        return Measured(
            self.texts + other.texts,
            self.burst + other.burst,
            self.waits + other.waits,
            self.replies + other.replies,
            self.answering + other.answering,
            self.wrong + other.wrong,
        )


async def store(port: int, people: Sequence[Person], connections: int) -> Measured:
    """Post everybody's texts to the floor, which answers none."""
    driver = _Driver(people, None)
    return await driver.drive(port, connections, ((person, 0, len(TURNS)) for person in people))


async def talk(port: int, people: Sequence[Person], connections: int, carrier: Carrier) -> Measured:
    """Hold everybody's conversation: a burst of texts, and *yes* from whoever has read the question."""
    driver = _Driver(people, carrier)
    measured = await driver.drive(port, connections, ((person, 0, BLIND) for person in people))
    found = {person.phone: faults(carrier.replies[person.phone]) for person in people}
    measured.wrong += [f"{phone}: {fault}" for phone, fault in found.items() if fault]
    return measured


class _Line:
    """One connection to the web server, kept from text to text."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0

    async def ready(self) -> None:
        if self._streams is None or perf_counter() - self._used > IDLE:
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        self._used = perf_counter()

    async def post(self, text: bytes) -> bytes:
        """Send a request; returns the head of the answer."""
        assert self._streams
        reader, writer = self._streams
        writer.write(text)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
        self._used = perf_counter()
        return head

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()


class _Driver:
    """One burst, and what follows it."""

    def __init__(self, people: Sequence[Person], carrier: Carrier | None) -> None:
        self._by_phone = {person.phone: person for person in people}
        self._carrier = carrier
        self._jobs: asyncio.Queue[tuple[Person, int, int]] = asyncio.Queue()
        self._measured = Measured()
        self._blind = len(people) * (BLIND if carrier else len(TURNS))
        self._wanted = len(people) * len(TURNS) if carrier else 0
        self._begun = self._last_reply = 0.0
        self._over = asyncio.Event()

    async def drive(self, port: int, connections: int, jobs: Iterable[tuple[Person, int, int]]) -> Measured:
        for job in jobs:
            self._jobs.put_nowait(job)
        if self._carrier:
            self._carrier.heard = self._heard
        lines = [_Line(port) for _ in range(connections)]
        for line in lines:
            await line.ready()
        gc.collect()
        gc.disable()  # a collection here would look like a wait of theirs
        self._begun = self._last_reply = perf_counter()
        posting = [asyncio.create_task(self._posting(line)) for line in lines]
        await self._finished(posting)
        gc.enable()
        for task in posting:
            task.cancel()
        await asyncio.gather(*posting, return_exceptions=True)
        for line in lines:
            line.close()
        self._measured.answering = self._last_reply - self._begun
        return self._measured

    async def _finished(self, posting: list[asyncio.Task[None]]) -> None:
        """Return when all is acknowledged and answered, or nothing has come for too long."""
        over = asyncio.create_task(self._over.wait())
        while not over.done():
            before = len(self._measured.waits) + self._measured.replies
            await asyncio.wait([over, *posting], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            failed = [task for task in posting if task.done()]
            if failed:
                self._measured.wrong.append(f"a connection broke: {failed[0].exception()!r}")
            if failed or (not over.done() and len(self._measured.waits) + self._measured.replies == before):
                break
        over.cancel()

    async def _posting(self, line: _Line) -> None:
        while True:
            person, first, end = await self._jobs.get()
            await line.ready()
            for text in person.posts[first:end]:
                begun = perf_counter()
                self._acknowledged(begun, await line.post(text))

    def _acknowledged(self, begun: float, head: bytes) -> None:
        now, measured = perf_counter(), self._measured
        measured.waits.append(now - begun)
        if not head.startswith(b"HTTP/1.1 200"):
            measured.wrong.append(f"not acknowledged: {head[:40]!r}")
        if measured.texts < self._blind:
            measured.texts += 1
            measured.burst = now - self._begun
        self._look()

    def _heard(self, phone: str) -> None:
        if phone not in self._by_phone or self._carrier is None:
            return
        self._measured.replies += 1
        self._last_reply = perf_counter()
        if len(self._carrier.replies[phone]) == BLIND:
            self._jobs.put_nowait((self._by_phone[phone], BLIND, len(TURNS)))
        self._look()

    def _look(self) -> None:
        all_read = self._measured.replies >= self._wanted
        if all_read and len(self._measured.waits) >= len(self._by_phone) * len(TURNS):
            self._over.set()
