"""The HTTP server of a process: Uvicorn, with connections that are bounded in number, size and time."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.proxies import site, trusted
from bot.web.intake import HEADER_BYTES
from bot.web.refusals import FOR_PROGRAMS

if TYPE_CHECKING:
    import asyncio

    from starlette.applications import Starlette

    from bot.web.edge import Edge


def config(application: Starlette, host: str = "127.0.0.1", port: int = 0) -> uvicorn.Config:
    """How an application of ``bot/web/app.py`` is served; its log is Kvitt's own."""
    edge: Edge = application.state.edge
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # the paths are secrets: who knows one has the link
        lifespan="off",
        http=cast("Any", partial(BoundedConnection, edge=edge)),
        ws="none",
        proxy_headers=False,  # ours: bot/web/addresses.py
        server_header=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
    )


_KEPT_FOR_PROXIES: Final = 75
"""Seconds that an idle connection of a proxy is kept: longer than nginx keeps it, so that nginx ends it. A
request that is sent while the other side closes is lost, and a post is not sent again."""


class BoundedConnection(H11Protocol):
    """A connection that ends when its address has enough others, and when nothing comes of it in time."""

    def __init__(self, *, edge: Edge, **rest: Any) -> None:
        super().__init__(**rest)
        self._edge = edge
        self._site = ""
        self._counted = False
        self._head_due: asyncio.TimerHandle | None = None
        self._write_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it, and begin to wait for a head; one too many is refused in a sentence."""
        super().connection_made(transport)
        peer = str((self.client or ("",))[0])
        proxy = trusted(self._edge.proxies, peer)
        if proxy:
            self.timeout_keep_alive = _KEPT_FOR_PROXIES
        self._site = "" if proxy else site(peer)
        self._counted = self._edge.shares.connect(self._site)
        if not self._counted:
            self._end_with(503, "too many connections: try again in a moment")
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give its place back."""
        for timer in (self._head_due, self._write_due):
            if timer is not None:
                timer.cancel()
        if self._counted:
            self._counted = False
            self._edge.shares.disconnect(self._site)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what came may have been the rest of a head."""
        if self.transport.is_closing():
            return
        if not self.transport.get_write_buffer_size():
            self._stop_waiting_for_reader()
        super().data_received(data)
        self._wait_for_head()

    def on_response_complete(self) -> None:
        """An answer was written: whoever asked has to read it in time."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._wait_for_reader()

    def pause_writing(self) -> None:
        """The other side does not read."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """The other side has read most of it."""
        super().resume_writing()
        self._stop_waiting_for_reader()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says what is wrong
        """Refuse what is no HTTP, or a head that is too long."""
        status = getattr(sys.exception(), "error_status_hint", 400)
        self._end_with(status, FOR_PROGRAMS.get(status, FOR_PROGRAMS[400]))

    def _should_upgrade(self) -> bool:
        """No: nothing of ours speaks another protocol, so the wish is left out of account."""
        return False

    def _wait_for_head(self) -> None:
        waiting = self.conn.their_state is h11.IDLE
        if waiting and self._head_due is None:
            self._head_due = self.loop.call_later(self._edge.patience.head, self._head_is_late)
        elif not waiting and self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _head_is_late(self) -> None:
        self._head_due = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._end_with(408, FOR_PROGRAMS[408])

    def _wait_for_reader(self) -> None:
        if self._write_due is None:
            self._write_due = self.loop.call_later(self._edge.patience.reader, self._reader_is_late)

    def _stop_waiting_for_reader(self) -> None:
        if self._write_due is not None:
            self._write_due.cancel()
            self._write_due = None

    def _reader_is_late(self) -> None:
        self._write_due = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _end_with(self, status: int, sentence: str) -> None:
        """Answer in a sentence and close; only close where an answer is under way already."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            body = sentence.encode()
            headers = [
                ("content-type", "text/plain; charset=utf-8"),
                ("content-length", str(len(body))),
                ("connection", "close"),
            ]
            for event in (
                h11.Response(status_code=status, headers=headers),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._wait_for_reader()
