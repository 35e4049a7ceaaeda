"""What each address has in use of the web server, so that none takes all of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS: Final = 800
"""Open connections of a process: below the 1,024 files that a process may usually have open."""
PER_ADDRESS: Final = 100
"""Of these, and of requests under way, for one address."""
PER_PROVIDER: Final = 600
"""The same for an address whose posts were signed a while ago: providers post from a few addresses."""
AT_WORK: Final = 12
"""Requests of one address that are answered at once; the threads for them are 40 for all."""
PROVEN_SECONDS: Final = 3600.0
"""How long a signature counts for the address that it came from."""
_MOST_PROVEN: Final = 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds the web server waits for the other side."""

    head: float = 10
    """From a connection, or the first byte of a further request, to the end of the head."""
    body: float = 20
    """From the end of the head to the end of the body."""
    place: float = 10
    """For other requests of the same address to end."""
    reader: float = 60
    """For an answer to be read: a slow phone needs a few seconds for the largest PDF."""


@dataclass(slots=True)
class _InUse:
    """What one address has in use."""

    connections: int = 0
    requests: int = 0
    at_work: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_WORK))


class Slot:
    """The place of one request under way; given back once, at its end or when its signature is proven."""

    def __init__(self, shares: Shares, site: str) -> None:
        self._shares, self._site = shares, site
        self._mine = shares.of(site)
        self._mine.requests += 1
        self._working = self._ended = False

    async def work(self) -> None:
        """Wait for a place among the requests that are answered at once."""
        await self._mine.at_work.acquire()
        self._working = True

    def proven(self) -> None:
        """A provider has signed this request: it counts no more, and its address gets a larger share."""
        self._shares.remember(self._site)
        self.end()

    def end(self) -> None:
        """Give the place back."""
        if self._ended:
            return
        self._ended = True
        self._mine.requests -= 1
        if self._working:
            self._mine.at_work.release()
        self._shares.forget_unused(self._site)


class Shares:
    """Counts connections and requests by address; one for each process."""

    def __init__(self) -> None:
        self._in_use: dict[str, _InUse] = {}
        self._proven: OrderedDict[str, float] = OrderedDict()
        self.connections = 0

    def connect(self, site: str) -> bool:
        """Count a connection of an address; False if it has its share already. Empty: of a proxy."""
        if self.connections >= CONNECTIONS or (site and self.of(site).connections >= self._most(site)):
            return False
        self.connections += 1
        if site:
            self.of(site).connections += 1
        return True

    def disconnect(self, site: str) -> None:
        """A counted connection has ended."""
        self.connections -= 1
        if site:
            self.of(site).connections -= 1
            self.forget_unused(site)

    @contextmanager
    def request(self, site: str) -> Iterator[Slot | None]:
        """Count a request of an address while it is under way; None if it has its share already."""
        if self.of(site).requests >= self._most(site):
            yield None
            return
        slot = Slot(self, site)
        try:
            yield slot
        finally:
            slot.end()

    def of(self, site: str) -> _InUse:
        """What an address has in use."""
        return self._in_use.setdefault(site, _InUse())

    def remember(self, site: str) -> None:
        """A provider's signature came from this address just now."""
        self._proven[site] = asyncio.get_running_loop().time()
        self._proven.move_to_end(site)
        if len(self._proven) > _MOST_PROVEN:
            self._proven.popitem(last=False)

    def forget_unused(self, site: str) -> None:
        """Keep nothing of an address that has nothing in use."""
        mine = self._in_use.get(site)
        if mine is not None and not mine.connections and not mine.requests:
            del self._in_use[site]

    def _most(self, site: str) -> int:
        at = self._proven.get(site)
        recent = at is not None and asyncio.get_running_loop().time() - at < PROVEN_SECONDS
        return PER_PROVIDER if recent else PER_ADDRESS
