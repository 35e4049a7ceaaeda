"""kvitt sending: stop everything that leaves, let it leave again, and what a restore leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list
from bot.cli.stop_file import read_stops
from handlers.desk import restored
from handlers.desk import sending as desk
from handlers.desk.restored import Fate

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


@sending.command("stops")
def stops(
    file: Annotated[
        Path | None,
        typer.Argument(help="A CSV of who sent STOP: a column address, and a column channel if wanted."),
    ] = None,
    none: Annotated[
        str | None,
        typer.Option("--no-stops-since", help="How you know that nobody sent STOP since, instead of a file."),
    ] = None,
) -> None:
    """Give the stops that a restored database misses; sending cannot be resumed before."""
    if (file is None) == (none is None):
        raise typer.BadParameter("give a file of stops, or --no-stops-since with a reason")
    given = read_stops(file) if file else []
    with opened() as installation, installation.database.write() as session:
        context, who = installation.context(session), installation.who(session)
        if none is not None:
            restored.none_missing(context, who, none)
            print_line("noted that nobody sent STOP after the backup")
            return
        taken = restored.give_stops(context, who, given)
    print_line(f"{taken.stopped} address(es) stopped, {taken.unknown} of them unknown here")


@sending.command("doubts")
def doubts(json: Annotated[bool, typer.Option("--json", help="One JSON object a message.")] = False) -> None:
    """List messages of a restored database that may have left after the backup was made."""
    with opened() as installation, installation.database.read() as session:
        found = restored.doubted(session)
    values = [
        {
            "message": one.id,
            "customer_id": one.customer_id,
            "channel": one.channel.value,
            "kind": one.kind,
            "queued_at": one.created_at,
            "begun_at": one.begun_at,
        }
        for one in found
    ]
    columns = ("message", "customer", "channel", "kind", "queued at", "begun at")
    print_list(values, columns, [tuple(one.values()) for one in values], "none is in doubt", json=json)


@sending.command("decide")
def decide(
    fate: Annotated[Fate, typer.Argument(help="left (it was sent), again (send it) or withdraw.")],
    messages: Annotated[list[int] | None, typer.Argument(help="The messages' numbers.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are in doubt.")] = False,
) -> None:
    """Decide what became of messages in doubt since a restore."""
    if bool(messages) == every:
        raise typer.BadParameter("give numbers of messages, or --all")
    with opened() as installation, installation.database.write() as session:
        who = installation.who(session)
        count = restored.decide(installation.context(session), who, fate, messages or ())
    print_line(f"{count} message{'s' if count != 1 else ''}: {_DECIDED[fate]}")


_DECIDED = {
    Fate.LEFT: "counted as sent",
    Fate.AGAIN: "queued again",
    Fate.WITHDRAW: "withdrawn",
}
