"""kvitt demo: the time-lapse, then a page to text on."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from rich.console import Console

from billing.refusals import Refusal
from bot.demo import timelapse
from bot.demo.clinic import Clinic
from bot.demo.phone_page import PhonePage
from bot.web import app, server
from bot.web.bill_page import BillPage
from bot.web.edge import Edge


class PortTaken(Refusal):
    """The demo cannot start: another program listens on the port already."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken: choose another with --port")


WIDEST = 100
"""Lines longer than this are hard to read."""


def play(port: int | None) -> None:
    """Show the time-lapse; with a port go on with the phone page until Ctrl-C.

    Raises:
        PortTaken: another program listens on the port.
    """
    if port is not None:
        _refuse_taken(port)
    console = Console(highlight=False)
    console = Console(highlight=False, width=min(console.width, WIDEST) if console.is_terminal else WIDEST)
    asyncio.run(_play(console, port))


async def _play(console: Console, port: int | None) -> None:
    played = Clinic()
    try:
        await timelapse.show(played, console)
    finally:
        played.close()
    if port is None:
        return
    clinic = Clinic(f"http://127.0.0.1:{port}")
    try:
        console.print(f"Text as any customer, move the clock: [bold]http://127.0.0.1:{port}/phone[/]")
        console.print("[dim]Nothing real is sent, and nothing is kept. Ctrl-C ends it.[/]")
        bills = BillPage(clinic.database, clinic.installation, clinic.clock)
        edge = Edge(clinic.installation.creditor, clinic.installation.public_url)
        web = app.build(clinic.database, [*PhonePage(clinic).routes, *bills.routes], edge)
        await uvicorn.Server(server.config(web, "127.0.0.1", port)).serve()
    finally:
        clinic.close()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortTaken(port) from None
