"""How a request gets in: its size and its time are bounded, and no address takes all places."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from bot.proxies import site

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bot.web.edge import Edge
    from bot.web.refusals import Refusals
    from bot.web.shares import Slot

LARGEST: Final = 4_000
"""Bytes of a body where nothing else is said: a form of a few short fields."""
_LARGER: Final = (
    ("/webhooks/twilio/", 64 * 1024),
    ("/webhooks/stripe", 256 * 1024),
    ("/webhooks/telegram", 256 * 1024),  # a text of 4,096 characters, escaped, that answers another
    ("/phone/", 64 * 1024),
    ("/desk/", 64 * 1024),  # what a colleague writes to a customer, and notes
)
MOST_HEADERS: Final = 100
HEADER_BYTES: Final = 16 * 1024
LONGEST_PATH: Final = 2_000
_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 1024 * 1024
"""Of what is sent after a refusal: a client that is cut off while it sends may miss the answer."""
_SLOT: Final = "kvitt.slot"


def largest(path: str) -> int:
    """How many bytes the body of a request to a path may have."""
    return next((limit for start, limit in _LARGER if path.startswith(start)), LARGEST)


def proven(request: Request) -> None:
    """Say that a provider's signature of this request is right: it counts no more for its address."""
    slot: Slot | None = request.scope.get(_SLOT)
    if slot is not None:
        slot.proven()


class Intake:
    """Middleware: reads the whole of a request before any route sees it, or refuses it."""

    def __init__(self, app: ASGIApp, edge: Edge, refusals: Refusals) -> None:
        self._app, self._refusals = app, refusals
        self._shares, self._patience = edge.shares, edge.patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request that keeps every limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._shares.request(site(str((scope.get("client") or ("",))[0]))) as slot:
            status = 429 if slot is None else _head(scope)
            body = b""
            if not status:
                status, body = await _body(receive, largest(scope["path"]), self._patience.body)
            if not status and slot is not None:
                status = await _place(slot, self._patience.place)
            if status == _GONE:
                return
            if status:
                await self._refuse(status, scope, receive, send)
                return
            await self._app({**scope, _SLOT: slot}, _again(body, receive), send)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, read on for a moment what is still being sent, and close the connection."""
        response = self._refusals.answer(scope["path"], status)
        response.headers["Connection"] = "close"
        start = {"type": "http.response.start", "status": status, "headers": response.raw_headers}
        body = {"type": "http.response.body", "body": bytes(response.body), "more_body": True}
        await send(start)
        await send(body)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                await _throw_away(receive)
        await send(body | {"body": b"", "more_body": False})


_GONE: Final = -1
"""Instead of a status: whoever asked is gone, so nothing is answered."""


def _head(scope: Scope) -> int:
    """The status that refuses a request by its head alone; 0 for one that is taken."""
    headers = scope["headers"]
    path = len(scope.get("raw_path") or scope["path"].encode(errors="replace"))
    if path + len(scope.get("query_string", b"")) > LONGEST_PATH:
        return 414
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES:
        return 431
    given = next((value for name, value in headers if name == b"content-length"), b"0")
    if not given.isdigit():
        return 400
    # Refused before it is read, as nobody would wait for it.
    return 413 if len(given) > _DIGITS or int(given) > largest(scope["path"]) else 0


_DIGITS: Final = 18


async def _body(receive: Receive, limit: int, seconds: float) -> tuple[int, bytes]:
    """A status that refuses the body, or 0 and the whole of it."""
    found = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return _GONE, b""
                found += message.get("body", b"")
                if len(found) > limit:
                    return 413, b""
                if not message.get("more_body"):
                    return 0, bytes(found)
    except TimeoutError:
        return 408, b""


async def _place(slot: Slot, seconds: float) -> int:
    """Wait for a place; the status that refuses the request where there is none in time."""
    try:
        async with asyncio.timeout(seconds):
            await slot.work()
    except TimeoutError:
        return 429
    return 0


async def _throw_away(receive: Receive) -> None:
    thrown = 0
    while thrown < _LINGER_BYTES:
        message = await receive()
        thrown += len(message.get("body", b""))
        if not message.get("more_body"):
            return


def _again(body: bytes, receive: Receive) -> Receive:
    """The body as one message, and then what else the server has to say: that the client is gone."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
