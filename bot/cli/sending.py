"""kvitt sending: stop everything that leaves, and let it leave again."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened, who
from bot.cli.output import print_json, tell
from handlers.desk import sending as desk

sending = typer.Typer(help="Stop all sending at once, in every process.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(sending, name="sending")


@sending.command("stop")
def stop(reason: Annotated[str, typer.Option(help="Why, for whoever finds it stopped.")]) -> None:
    """Nothing leaves any more, whatever KVITT_SENDING says, until somebody resumes."""
    with opened() as house, house.database.write() as session:
        desk.stop(session, who(), reason, house.now)
    tell("all sending is stopped: nothing is lost, and kvitt sending resume lets it leave")


@sending.command("resume")
def resume() -> None:
    """Let things leave again, as KVITT_SENDING says."""
    with opened() as house, house.database.write() as session:
        freed = desk.resume(session, who(), house.now)
        setting = house.settings.sending.value
    tell(f"sending is as KVITT_SENDING says again ({setting}); {freed} messages had been put off")


@sending.command("status")
def status(json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Whether anything may leave, and who stopped it if nothing may."""
    with opened() as house, house.database.read() as session:
        found, setting = desk.state(session), house.settings.sending.value
    if json:
        by = {"stopped_by": found.by, "stopped_at": found.at, "reason": found.reason} if found else {}
        print_json({"sending": "stopped" if found else setting, "setting": setting, **by})
    elif found:
        tell(f"stopped by {found.by} on {found.at:%Y-%m-%d %H:%MZ}: {found.reason} (KVITT_SENDING={setting})")
    else:
        tell(f"KVITT_SENDING={setting}; nobody has stopped it")
