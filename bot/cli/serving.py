"""kvitt serve, worker, web, demo: the running program."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot import processes, sample_creditor, settings
from bot.cli.output import print_error, print_line
from bot.clock import system_clock
from bot.demo import show
from bot.setting_errors import BadSetting
from bot.web.listening import listen

if TYPE_CHECKING:
    from collections.abc import Callable

Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands that serve: ``kvitt serve``, ``worker``, ``web`` and ``demo``."""
    app.command("demo")(demo)
    app.command("serve")(serve)
    app.command("worker")(worker)
    app.command("web")(web)


def demo(
    port: Port = 8000,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Go on with a page to text on.")] = True,
) -> None:
    """Serve a sample clinic on a throw-away database and simulated phones: nothing real is sent."""
    show.play(port if serve else None)


def serve(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Everything in one process: web, Telegram, delivery and the clock."""
    parts = _assembled()
    with listen(host, port) as listens:
        _warn(parts)
        asyncio.run(processes.serve(parts, listens, _saying(parts, f"serving on {_address(host, port)}")))


def worker() -> None:
    """Run delivery and the clock without the web pages; as many of these as wanted on one PostgreSQL."""
    parts = _assembled()
    _refuse_polling(parts)
    _warn(parts)
    asyncio.run(processes.work(parts, _saying(parts, "working")))


def web(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """The web server alone; as many of these as wanted."""
    parts = _assembled()
    _refuse_polling(parts)
    with listen(host, port) as listens:
        _warn(parts)
        asyncio.run(processes.web(parts, listens, _saying(parts, f"listening on {_address(host, port)}")))


def _assembled() -> processes.Parts:
    loaded = settings.load()
    sample = sample_creditor.left(loaded.creditor)
    if sample and sample_creditor.reaches_people(loaded):
        raise BadSetting(
            f"{settings.path()}, [creditor]",
            f"{' and '.join(sample)} still name the sample clinic: put your own there, customers read it",
        )
    return processes.assemble(loaded, system_clock)


def _address(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _refuse_polling(parts: processes.Parts) -> None:
    if parts.telegram is not None and parts.settings.telegram_mode == "polling":
        raise BadSetting(
            "KVITT_TELEGRAM_MODE", "polling runs in kvitt serve only; set it to webhook for worker and web"
        )


def _warn(parts: processes.Parts) -> None:
    for warning in parts.settings.warnings:
        print_error(warning)
    if not parts.channels:
        print_error("no channel is set up: nothing can be sent (see kvitt doctor)")


def _saying(parts: processes.Parts, what: str) -> Callable[[], None]:
    """What says that the process does its work, once it does."""
    names = ", ".join(sorted(channel.value for channel in parts.channels)) or "no channel"
    policy, sending = parts.installation.policy.name, parts.installation.sending.value
    return partial(
        print_line, f"Kvitt is {what}; policy {policy}, sending {sending}, {names}. Ctrl-C ends it."
    )
