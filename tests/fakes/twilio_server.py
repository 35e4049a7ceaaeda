"""A small Twilio server on loopback: accepts messages, lists them, and misbehaves as scripted."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

from tests.fakes.twilio_http import Ending, Taken, Turn, TwilioHandler
from tests.fakes.twilio_webhooks import ACCOUNT, NUMBER, SERVICE, TOKEN, TwilioWebhooks, new_sid

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

HOST: Final = "127.0.0.1"


class TwilioServer(TwilioWebhooks):
    """One Twilio account over HTTP; safe to use from any thread.

    Use it as a context manager. ``port`` 0 takes a free one; ``clock`` dates the messages it accepts
    (``None``: real time).
    """

    def __init__(
        self,
        account_sid: str = ACCOUNT,
        auth_token: str = TOKEN,
        number: str = NUMBER,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__(account_sid, auth_token, number)
        self.port = port
        self.service = SERVICE
        """Its one Messaging Service."""
        self.inbound_url = ""
        """Where it posts what comes in, as the Console says: ``sms_url`` of its number."""
        self.latency = 0.0
        """Seconds between taking a message and saying so."""
        self.clock = clock
        self._lock = threading.Condition()
        self._turns: deque[Turn] = deque()
        self._listings: deque[int] = deque()
        self._messages: list[Taken] = []
        self._http: _Http | None = None
        self._placeholder: socket.socket | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The value for KVITT_TWILIO_API_URL."""
        return f"http://{HOST}:{self.port}"

    @property
    def messages(self) -> tuple[Taken, ...]:
        """Every message it accepted, oldest first."""
        with self._lock:
            return tuple(self._messages)

    def start(self) -> None:
        """Listen."""
        self._let_go_of_port()
        self._http = _Http((HOST, self.port), self)
        self.port = self._http.server_address[1]
        self._http.serve()

    def stop(self) -> None:
        """Stop listening and break hanging requests; what was accepted can still be read."""
        self._let_go_of_port()
        if self._http is not None:
            self._http.end()
            self._http = None

    def go_down(self) -> None:
        """Stop, but keep the port so that no other process answers there; `start` comes back."""
        self.stop()
        self._placeholder = socket.socket()
        self._placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._placeholder.bind((HOST, self.port))

    def answer_next(
        self,
        status: int = 201,
        code: int | None = None,
        *,
        taken: bool = False,
        ending: Ending = Ending.ANSWER,
        retry_after: str | None = None,
        to: str | None = None,
        raw: str | None = None,
        times: int = 1,
    ) -> None:
        """Script the next sends (to ``to``, if given): refused, accepted all the same, or cut off."""
        with self._lock:
            self._turns.extend([Turn(status, code, taken, ending, retry_after, to, raw)] * times)

    def list_next(self, status: int = 200, times: int = 1) -> None:
        """Script the next listings: 200 lists nothing, as when listings lag; otherwise that status."""
        with self._lock:
            self._listings.extend([status] * times)

    def set_status(self, sid: str, status: str, code: int | None = None) -> None:
        """Set the status of a message it accepted, and why it failed."""
        with self._lock:
            self._messages = [
                replace(m, status=status, error_code=code) if m.sid == sid else m for m in self._messages
            ]

    def redact(self) -> None:
        """Erase the bodies of accepted messages, as an account with redaction does."""
        with self._lock:
            self._messages = [replace(m, body="") for m in self._messages]

    def call_back(
        self, message: Taken, status: str, code: str = "", signed_as: str | None = None
    ) -> requests.Response:
        """Send a message's status to its callback, signed."""
        self.set_status(message.sid, status)
        form = self.status_form(message.sid, message.to, status, code)
        return self.post(message.status_callback, form, signed_as)

    def next_turn(self, to: str) -> Turn | None:
        """What is scripted for a send to this address."""
        with self._lock:
            turn = next((turn for turn in self._turns if turn.to in {None, to}), None)
            if turn is not None:
                self._turns.remove(turn)
            return turn

    def next_listing(self) -> int | None:
        """What is scripted for a listing."""
        with self._lock:
            return self._listings.popleft() if self._listings else None

    def take(self, form: dict[str, str]) -> Taken:
        """Accept a message."""
        now = (self.clock or _twilios_own_clock)().replace(microsecond=0)
        with self._lock:
            taken = Taken(
                new_sid(),
                form["To"],
                form.get("From", ""),
                form.get("Body") or form.get("ContentVariables", ""),
                form.get("StatusCallback", ""),
                now,
                validity=form.get("ValidityPeriod", ""),
                template=form.get("ContentSid", ""),
                service=form.get("MessagingServiceSid", ""),
            )
            self._messages.append(taken)
            self._lock.notify_all()
            return taken

    def wait_for_messages(self, number: int, seconds: float = 10) -> None:
        """Block until it has accepted this many; fails after ``seconds``."""
        with self._lock:
            assert self._lock.wait_for(lambda: len(self._messages) >= number, seconds), "they did not come"

    def _let_go_of_port(self) -> None:
        if self._placeholder is not None:
            self._placeholder.close()
            self._placeholder = None


class _Http(ThreadingHTTPServer):
    """The listening socket and its threads; ends only when all of them have."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], twilio: TwilioServer) -> None:
        self.twilio = twilio
        self.stopping = threading.Event()
        super().__init__(address, TwilioHandler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def server_bind(self) -> None:
        """Bind without looking up our own name, as the parent would."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news; anything else is a fault of this server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def serve(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def _twilios_own_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - Twilio dates messages by a clock of its own
