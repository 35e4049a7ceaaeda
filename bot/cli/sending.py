"""kvitt sending: stop everything that leaves, and let it leave again."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import print_json, print_line
from handlers.desk import sending as desk

sending = typer.Typer(help="Stop all sending at once, in every process.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt sending``."""
    app.add_typer(sending, name="sending")


@sending.command("stop")
def stop(reason: Annotated[str, typer.Option(help="The reason, shown by kvitt sending status.")]) -> None:
    """Stop all sending, whatever KVITT_SENDING says, until kvitt sending resume."""
    with opened() as installation, installation.database.write() as session:
        desk.stop(installation.context(session), installation.who(session), reason)
    print_line("all sending is stopped: messages stay queued until kvitt sending resume")


@sending.command("resume")
def resume() -> None:
    """Resume sending, as KVITT_SENDING says."""
    with opened() as installation, installation.database.write() as session:
        freed = desk.resume(installation.context(session), installation.who(session))
        setting = installation.settings.sending.value
    print_line(f"sending is as KVITT_SENDING says again ({setting}); {freed} messages had been put off")


@sending.command("status")
def status(json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show whether sending is on, and if not, who stopped it."""
    with opened() as installation, installation.database.read() as session:
        found, setting = desk.state(session), installation.settings.sending.value
    if json:
        by = {"stopped_by": found.by, "stopped_at": found.at, "reason": found.reason} if found else {}
        print_json({"sending": "stopped" if found else setting, "setting": setting, **by})
    elif found:
        print_line(
            f"stopped by {found.by} on {found.at:%Y-%m-%d %H:%MZ}: {found.reason} (KVITT_SENDING={setting})"
        )
    else:
        print_line(f"KVITT_SENDING={setting}; nobody has stopped it")
