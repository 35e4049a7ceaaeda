"""A payer that answers eligibility requests over real HTTP, correctly or with scripted faults."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class PayerServer:
    """The requests it got, and how it answers: a status, a body, whether it hangs."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.body: bytes = b"{}"
        self.hangs = threading.Event()
        self.let_go = threading.Event()
        self.url = ""

    def answers(self, **resource: Any) -> None:
        """Answer with this resource from now on."""
        self.body = json.dumps(resource).encode()


@contextmanager
def payer_server() -> Iterator[PayerServer]:
    """A payer on a port of its own."""
    payer = PayerServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payer.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            payer.headers.append(dict(self.headers))
            if payer.hangs.is_set():
                payer.let_go.wait(10)
                return
            self.send_response(payer.status)
            self.send_header("Content-Length", str(len(payer.body)))
            self.end_headers()
            self.wfile.write(payer.body)

        def log_message(self, *_: object) -> None:
            """It keeps quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    payer.url = f"http://127.0.0.1:{server.server_address[1]}/CoverageEligibilityRequest/$submit"
    try:
        yield payer
    finally:
        payer.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
