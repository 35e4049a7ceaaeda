"""A Twilio on loopback that takes every message at once and notes whom it reached, at little cost."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from benchmarks.turns.conversation import ACCOUNT, NUMBER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Carrier:
    """Takes messages over connections that are kept; ``heard`` is called with the phone of each."""

    def __init__(self) -> None:
        self.url = ""
        """The value for KVITT_TWILIO_API_URL."""
        self.replies: defaultdict[str, list[str]] = defaultdict(list)
        """What each phone was sent, in order."""
        self.heard: Callable[[str], None] = lambda _: None
        self._sids = count(1)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Take messages for as long as the block lasts."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                posted = parse_qs((await reader.readexactly(length)).decode())
                writer.write(self._taken(posted["To"][0], posted["Body"][0]))
        writer.close()

    def _taken(self, to: str, body: str) -> bytes:
        self.replies[to].append(body)
        self.heard(to)
        answer = {"account_sid": ACCOUNT, "sid": f"SM{next(self._sids):032x}", "status": "queued", "to": to}
        text = json.dumps(answer | {"from": NUMBER, "body": body})
        head = (
            f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(text.encode())}"
        )
        return f"{head}\r\n\r\n{text}".encode()
