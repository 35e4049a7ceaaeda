"""The long-running processes: everything in one, or worker and web apart."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from billing.accounts.channels import Channel
from billing.refusals import Refusal
from bot import garbage_collection, wiring
from bot.channels.telegram import TelegramChannel
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception
from bot.outages import say_when_away
from bot.web import app
from bot.web import server as web_server
from bot.web.bill_page import BillPage
from bot.web.desk.desk import DeskPages
from bot.web.edge import Edge
from bot.web.paying import Paying
from bot.web.unsubscribe import Unsubscribe
from bot.web.webhooks import Webhooks
from messages.languages import FALLBACK, languages
from messages.writing.menu import menu

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.applications import Starlette
    from starlette.routing import Route

    from bot.channel import ChannelAdapter
    from bot.clock import Clock
    from bot.settings import Settings
    from handlers.installation import Installation
    from storage.database.transaction import Database


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a process."""

    settings: Settings
    database: Database
    installation: Installation
    channels: Mapping[Channel, ChannelAdapter]
    delivery: Delivery
    reception: Reception
    clockwork: Clockwork
    clock: Clock

    @property
    def telegram(self) -> TelegramChannel | None:
        """The Telegram bot, if there is one."""
        found = self.channels.get(Channel.TELEGRAM)
        return found if isinstance(found, TelegramChannel) else None


def assemble(settings: Settings, clock: Clock) -> Parts:
    """Build every part of a process once.

    Raises:
        billing.refusals.Refusal: the settings, the policy or the database cannot be used.
    """
    installation = wiring.load(wiring.build_installation(settings))
    database = wiring.open_database(settings)
    say_when_away(database)
    channels = wiring.channels(settings, database)
    delivery = Delivery(database, installation, channels, clock)
    reception = Reception(database, installation, clock, delivery)
    mailroom = wiring.mailroom(settings, database, installation, clock)
    clockwork = Clockwork(database, installation, clock, reception, delivery, mailroom)
    return Parts(settings, database, installation, channels, delivery, reception, clockwork, clock)


async def serve(parts: Parts, listens: socket.socket, ready: Callable[[], None]) -> None:
    """Run everything in one process; ``ready`` is called once it takes requests."""
    garbage_collection.freeze_startup_objects()
    async with _stopping() as stop, _closing(parts), _listening(parts), _ticking(parts, stop):
        await _web(parts, listens, stop, ready)


async def work(parts: Parts, ready: Callable[[], None]) -> None:
    """Run delivery and clock; any number of such processes may run. ``ready`` is called once they do."""
    garbage_collection.freeze_startup_objects()
    async with _stopping() as stop, _closing(parts), _ticking(parts, stop):
        ready()
        await stop.wait()


async def web(parts: Parts, listens: socket.socket, ready: Callable[[], None]) -> None:
    """Run the web server alone, as many of these as wanted; ``ready`` is called once it takes requests."""
    async with _stopping() as stop, _closing(parts):
        await _set_webhook(parts)
        await _web(parts, listens, stop, ready)


def application(parts: Parts) -> Starlette:
    """The web application of a process's parts."""
    webhooks = Webhooks(parts.settings, parts.reception, parts.clock, parts.channels)
    unsubscribe = Unsubscribe(parts.installation, parts.reception)
    bills = BillPage(parts.database, parts.installation, parts.clock)
    desk = DeskPages(parts.database, parts.installation, parts.clock)
    routes = [*webhooks.routes, *unsubscribe.routes, *bills.routes, *desk.routes, *_paying(parts)]
    creditor, public = parts.installation.creditor, parts.settings.public_url or ""
    return app.build(parts.database, routes, Edge(creditor, public, parts.settings.proxies))


def _paying(parts: Parts) -> list[Route]:
    """The routes of card payments, if Stripe is set up."""
    stripe, secret = wiring.stripe_checkout(parts.settings), parts.settings.stripe_webhook_secret
    if stripe is None or secret is None:
        return []
    return Paying(parts.database, parts.installation, parts.clock, stripe, secret.get_secret_value()).routes


async def _web(parts: Parts, listens: socket.socket, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    server = _Quiet(web_server.config(application(parts)), ready)
    serving = asyncio.create_task(server.serve([listens]))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopped.cancel()
    await serving


class _Quiet(uvicorn.Server):
    """A Uvicorn server that leaves signals to the process, which has other tasks to end, too."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def install_signal_handlers(self) -> None:
        """Nothing: the process has its own."""


@asynccontextmanager
async def _ticking(parts: Parts, stop: asyncio.Event) -> AsyncIterator[None]:
    await parts.clockwork.reschedule_all()
    parts.clockwork.start()
    delivering = asyncio.create_task(parts.delivery.run(stop))
    answering = asyncio.create_task(parts.reception.keep_up(stop))
    for task in (delivering, answering):
        # Neither ends by itself: if one does, whoever supervises the process has to start it again.
        task.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        stop.set()
        parts.clockwork.stop()
        parts.delivery.nudge()
        await asyncio.gather(delivering, answering)


@asynccontextmanager
async def _listening(parts: Parts) -> AsyncIterator[None]:
    """Telegram: polled by this process, or posting to our webhook."""
    telegram = parts.telegram
    if telegram is not None and parts.settings.telegram_mode == "polling":
        await telegram.listen(parts.reception.receive, parts.clock)
    else:
        await _set_webhook(parts)
    showing = asyncio.create_task(_show_menus(parts)) if telegram is not None else None
    yield
    if showing is not None:
        showing.cancel()
    if telegram is not None:
        await telegram.stop_listening()


async def _show_menus(parts: Parts) -> None:
    """Set the menu of commands in every language; if Telegram cannot be reached the old menu stays."""
    assert parts.telegram is not None
    for language in languages():
        with suppress(Refusal):
            await parts.telegram.set_commands(menu(language), "" if language == FALLBACK else language)


async def _set_webhook(parts: Parts) -> None:
    settings, telegram = parts.settings, parts.telegram
    if telegram is None or settings.telegram_mode != "webhook":
        return
    assert settings.public_url
    assert settings.telegram_webhook_secret
    url = f"{settings.public_url.rstrip('/')}{wiring.hook_path(telegram.name)}"
    await telegram.set_webhook(url, settings.telegram_webhook_secret.get_secret_value())


@asynccontextmanager
async def _closing(parts: Parts) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await parts.reception.finish()
        for channel in parts.channels.values():
            await channel.close()
        parts.database.close()


@asynccontextmanager
async def _stopping() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT or SIGTERM sets."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    yield stop
