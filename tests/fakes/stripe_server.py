"""The part of Stripe's API that a client for checkout pages uses, over real HTTP."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator


class StripeServer:
    """The requests it got, and its answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[dict[str, str]] = []
        self.keys: list[str] = []
        self.refuses = False
        self.webhooks: list[dict[str, object]] = []
        """The endpoints that its dashboard lists."""


class _Handler(BaseHTTPRequestHandler):
    server_of: ClassVar[StripeServer]

    def do_POST(self) -> None:
        """Make a checkout session, or refuse."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        stripe = self.server_of
        if self.path != "/v1/checkout/sessions" or stripe.refuses:
            self._answer(401, {"error": {"type": "invalid_request_error", "message": "no"}})
            return
        stripe.asked.append({name: values[0] for name, values in parse_qs(body).items()})
        stripe.keys.append(self.headers.get("Idempotency-Key") or "")
        number = len(stripe.asked)
        page = {
            "id": f"cs_{number}",
            "object": "checkout.session",
            "url": f"https://pay.example/{number}",
        }
        self._answer(200, page)

    def do_GET(self) -> None:
        """List the webhook endpoints, or refuse."""
        if not self.path.startswith("/v1/webhook_endpoints") or self.server_of.refuses:
            self._answer(401, {"error": {"type": "invalid_request_error", "message": "no"}})
            return
        self._answer(200, {"object": "list", "data": self.server_of.webhooks, "has_more": False})

    def _answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nothing: a test says what it wants to see."""


@contextmanager
def stripe_server() -> Iterator[StripeServer]:
    """A server on a port of its own, until the test is over."""

    class Handler(_Handler):
        """One server's own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.server_of = StripeServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Handler.server_of
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
