"""kvitt demo: the time-lapse, then a page to text on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn
from rich.console import Console

from bot.demo import timelapse
from bot.demo.clinic import Clinic
from bot.demo.phone_page import PhonePage
from bot.web import app, listening, server
from bot.web.bill_page import BillPage
from bot.web.edge import Edge

if TYPE_CHECKING:
    import socket


WIDEST = 100
"""Lines longer than this are hard to read."""


def play(port: int | None) -> None:
    """Show the time-lapse; with a port go on with the phone page until Ctrl-C.

    Raises:
        PortTaken: another program listens on the port.
    """
    console = Console(highlight=False)
    console = Console(highlight=False, width=min(console.width, WIDEST) if console.is_terminal else WIDEST)
    if port is None:
        asyncio.run(_play(console, None))
        return
    with listening.listen("127.0.0.1", port) as listens:
        asyncio.run(_play(console, listens))


async def _play(console: Console, listens: socket.socket | None) -> None:
    played = Clinic()
    try:
        await timelapse.show(played, console)
    finally:
        played.close()
    if listens is None:
        return
    port = listens.getsockname()[1]
    clinic = Clinic(f"http://127.0.0.1:{port}")
    try:
        console.print(f"Text as any customer, move the clock: [bold]http://127.0.0.1:{port}/phone[/]")
        console.print("[dim]Nothing real is sent, and nothing is kept. Ctrl-C ends it.[/]")
        bills = BillPage(clinic.database, clinic.installation, clinic.clock)
        edge = Edge(clinic.installation.creditor, clinic.installation.public_url)
        web = app.build(clinic.database, [*PhonePage(clinic).routes, *bills.routes], edge)
        await uvicorn.Server(server.config(web)).serve([listens])
    finally:
        clinic.close()
