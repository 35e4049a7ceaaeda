"""The web server gives nobody more than a share: of memory, of time, of connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.proxies import networks, site
from bot.web import app
from bot.web.edge import Edge
from bot.web.intake import LARGEST, MOST_HEADERS, largest, proven
from bot.web.shares import AT_WORK, CONNECTIONS, PER_ADDRESS, PER_PROVIDER, Patience, Shares
from tests.fakes.live import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from storage.database.transaction import Database

FULL = b"GET /b/x HTTP/1.1\r\nHost: x\r\n\r\n"
SOON = Patience(head=0.3, body=0.3, place=0.3, reader=0.3)
LONG = Patience(head=60, body=60, place=60, reader=60)


async def _length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _huge(_: Request) -> Response:
    return Response(b"x" * 30_000_000)


class Server:
    """The application with two routes on a real server."""

    def __init__(self, url: str, edge: Edge) -> None:
        self.url, self.edge = url, edge
        self.port = int(url.rpartition(":")[2])

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """A connection from an address of this machine."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))

    def sends(self, raw: bytes, source: str = "127.0.0.1") -> bytes:
        """All that is answered to these bytes until the server closes."""
        with self.connect(source) as connection:
            connection.sendall(raw)
            return _rest(connection)


def _rest(connection: socket.socket) -> bytes:
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


@contextmanager
def _server(database: Database, patience: Patience) -> Iterator[Server]:
    edge = Edge(patience=patience)
    routes = [
        Route("/b/x", _length, methods=["GET", "POST"]),
        Route("/webhooks/stripe", _length, methods=["POST"]),
        Route("/huge", _huge),
    ]
    with served(app.build(database, routes, edge)) as url:
        yield Server(url, edge)


@pytest.fixture
def impatient(database: Database) -> Iterator[Server]:
    """A server that waits for nobody."""
    with _server(database, SOON) as found:
        yield found


@pytest.fixture
def patient(database: Database) -> Iterator[Server]:
    """A server that waits."""
    with _server(database, LONG) as found:
        yield found


def _until(condition: object) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if callable(condition) and condition():
            return
        pause.wait(0.01)
    pytest.fail("it did not happen")


@pytest.mark.parametrize(
    "half",
    [
        b"GET / HT",
        b"GET /b/x HTTP/1.1\r\nHost: x\r\n",
        b"POST /b/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nborn",
        b"POST /b/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nborn\r\n",
    ],
)
def test_half_a_request_is_closed(impatient: Server, half: bytes) -> None:
    """A head or a body that does not end is answered with 408, and its connection is free again."""
    answer = impatient.sends(half)
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    _until(lambda: impatient.edge.shares.connections == 0)


def test_a_second_half_request_is_closed_too(impatient: Server) -> None:
    """Also on a connection that was of use before."""
    with impatient.connect() as connection:
        connection.sendall(FULL)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /")
        assert b"408" in _rest(connection)


def test_who_does_not_read_is_cut_off(impatient: Server) -> None:
    """An answer that nobody reads is not kept for ever."""
    with impatient.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n")
        _until(lambda: impatient.edge.shares.connections == 1)
        _until(lambda: impatient.edge.shares.connections == 0)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (FULL.replace(b"/b/x", b"/" + b"x" * 3000), 414),
        (FULL.replace(b"Host: x\r\n", b"Host: x\r\n" + b"A: b\r\n" * (MOST_HEADERS + 1)), 431),
        (FULL.replace(b"Host: x", b"Host: x\r\nA: " + b"a" * 20_000), 431),
        (FULL.replace(b"Host: x", b"Host: x\r\nA: " + b"a" * 200_000), 431),
        (FULL.replace(b"\r\n\r\n", b"\r\nContent-Length: -1\r\n\r\n"), 400),
        (FULL.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999999999999999999\r\n\r\n"), 413),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400),
    ],
)
def test_a_head_that_is_too_much_is_refused(patient: Server, raw: bytes, status: int) -> None:
    """Too long, too many, no HTTP: each has its status and a sentence, and the connection ends."""
    answer = patient.sends(raw)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status, answer
    assert len(body) > 10
    assert b"Traceback" not in answer


@pytest.mark.parametrize(("path", "limit"), [("/b/x", LARGEST), ("/webhooks/stripe", 256 * 1024)])
def test_a_body_ends_at_its_limit(patient: Server, path: str, limit: int) -> None:
    """As long as allowed is taken, one byte more is not, whether its length is given or not."""
    assert largest(path) == limit
    with httpx.Client(base_url=patient.url) as client:
        for size, status in ((limit, 200), (limit + 1, 413)):
            assert client.post(path, content=b"x" * size).status_code == status
            parts = (b"x" * min(1000, size - at) for at in range(0, size, 1000))
            assert client.post(path, content=parts).status_code == status


def test_no_address_takes_every_connection(patient: Server) -> None:
    """Who holds all that one address may have gets no more; another address is answered."""
    with ExitStack() as held:
        for _ in range(PER_ADDRESS):
            held.enter_context(patient.connect())
        _until(lambda: patient.edge.shares.connections == PER_ADDRESS)
        assert b"503" in patient.sends(b"")
        with patient.connect("127.0.0.2") as other:
            other.sendall(FULL)
            assert other.recv(65536).startswith(b"HTTP/1.1 200")
    _until(lambda: patient.edge.shares.connections == 0)


def test_a_trusted_proxy_is_counted_by_its_clients(database: Database) -> None:
    """Its connections are not counted for it; requests are, for the address that it passes on."""
    edge = Edge(patience=LONG, proxies=networks("127.0.0.1"))
    routes = [Route("/b/x", _length, methods=["GET", "POST"])]
    half = b"POST /b/x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Length: 9\r\n\r\nborn"
    with served(app.build(database, routes, edge)) as url, ExitStack() as held:
        server = Server(url, edge)
        for _ in range(PER_ADDRESS):
            held.enter_context(server.connect()).sendall(half % b"192.0.2.7")
        _until(lambda: edge.shares.of("192.0.2.7").requests == PER_ADDRESS)
        assert b" 429 " in server.sends(half % b"6.6.6.6, 192.0.2.7")
        asked = {"X-Forwarded-For": "192.0.2.8"}
        assert httpx.get(f"{url}/b/x", headers=asked).status_code == 200


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_address_is_counted_with_its_network(peer: str, counted: str) -> None:
    """One home has 2**64 addresses of IPv6: they count as one."""
    assert site(peer) == counted


def test_a_signature_gives_the_place_back() -> None:
    """A provider posts much from one address: what it signed counts no more, and it may have more at once."""

    async def many() -> None:
        shares = Shares()
        with ExitStack() as held:
            slots = [held.enter_context(shares.request("192.0.2.1")) for _ in range(PER_ADDRESS)]
            assert held.enter_context(shares.request("192.0.2.1")) is None
            assert held.enter_context(shares.request("192.0.2.2")) is not None
            for slot in slots[:AT_WORK]:
                assert slot
                await slot.work()
            for slot in slots:
                assert slot
                slot.proven()
            more = [held.enter_context(shares.request("192.0.2.1")) for _ in range(PER_PROVIDER + 1)]
            assert sum(one is not None for one in more) == PER_PROVIDER
            assert more[0]
            await asyncio.wait_for(more[0].work(), 5)
        assert PER_PROVIDER < CONNECTIONS
        assert not shares._in_use

    asyncio.run(many())


def test_a_proven_request_is_not_waited_for(database: Database) -> None:
    """Beyond what is answered at once for an address, a signed request waits for no unsigned one."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    async def slow(request: Request) -> Response:
        proven(request)
        begun.release()
        await asyncio.to_thread(go_on.wait, 20)
        return Response()

    edge = Edge(patience=LONG)
    with served(app.build(database, [Route("/b/x", slow)], edge)) as url, ExitStack() as held:
        server = Server(url, edge)
        for _ in range(AT_WORK * 2):
            held.enter_context(server.connect()).sendall(FULL)
        try:
            assert all(begun.acquire(timeout=20) for _ in range(AT_WORK * 2))
        finally:
            go_on.set()
