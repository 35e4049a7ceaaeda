"""kvitt backup, kvitt restore: a copy of the database, made while everything runs, and put back."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.refusals import Refusal
from bot import settings
from bot.backup import making, restoring
from bot.backup.restoring import Stops
from bot.cli import token_file
from bot.cli.output import print_json, print_line
from bot.cli.stop_file import read_stops
from bot.clock import system_clock
from handlers.desk import signing_in
from handlers.rights import NOBODY

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.backup.restoring import Restored
    from bot.settings import Settings

MEGABYTE = 1_000_000


def add_to(app: typer.Typer) -> None:
    """Add the commands ``kvitt backup`` and ``kvitt restore``."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; only its owner can read it.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file if it is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Write a checked backup of the database; everything may go on running."""
    loaded = settings.load()
    made = making.make(loaded, file, system_clock(), version("kvitt"), replace=replace)
    if json:
        row = {"database": made.database, "schema": made.schema, "version": made.version, "bytes": made.size}
        print_json({"file": str(file), "made_at": made.made_at, **row, "sha256": made.sha256})
        return
    print_line(
        f"wrote {file}: the {made.database} database as of {made.made_at:%Y-%m-%d %H:%M:%SZ}, schema "
        f"{made.schema}, {made.size / MEGABYTE:.1f} MB, checked"
    )
    if not made.proof:
        print_line("its keys are not in place: a restore cannot know it for ours, and asks for --unproven")
    print_line(f"not in it, keep copies elsewhere: {_beside(loaded)}")


def restore(
    file: Annotated[Path, typer.Argument(help="The file that kvitt backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a database that is not empty; it is kept aside.")
    ] = False,
    stops: Annotated[
        Path | None,
        typer.Option(help="A CSV of who sent STOP since: a column address, and a column channel if wanted."),
    ] = None,
    no_stops_since: Annotated[
        str | None, typer.Option(help="How you know that nobody sent STOP since, instead of --stops.")
    ] = None,
    unproven: Annotated[
        bool, typer.Option("--unproven", help="Take one without a proof, as older releases made them.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Put a backup in the place of the database; it comes up with all sending stopped."""
    if stops and no_stops_since is not None:
        raise typer.BadParameter("--stops and --no-stops-since exclude each other")
    given = Stops(read_stops(stops) if stops else None, no_stops_since)
    done = restoring.restore(
        settings.load(), file, system_clock, _who, given, replace=replace, unproven=unproven
    )
    if json:
        print_json(_row(done))
        return
    print_line(f"restored the database as of {done.made_at:%Y-%m-%d %H:%M:%SZ}, schema {done.schema}")
    if done.aside:
        print_line(f"the old database is kept: {done.aside}")
    for line in _what_to_do(done, given):
        print_line(line)


def _who(session: Session) -> str:
    """Who restores, for the audit trail: the user of the backup whose token is there, or nobody."""
    try:
        return signing_in.who(session, token_file.token()).name
    except Refusal:
        return NOBODY


def _row(done: Restored) -> dict[str, object]:
    stops = {"stopped": done.stops.stopped, "unknown": done.stops.unknown} if done.stops else None
    row = {"made_at": done.made_at, "schema": done.schema, "aside": done.aside}
    return {**row, "in_doubt": done.in_doubt, "stops": stops}


def _what_to_do(done: Restored, given: Stops) -> list[str]:
    """The steps from here to sending again, in order."""
    since = f"{done.made_at:%Y-%m-%d %H:%MZ}"
    lines = [f"all sending is stopped; what is missing came after {since}:"]
    if done.stops:
        lines.append(
            f"- stops: {done.stops.stopped} taken, {done.stops.unknown} of them at addresses unknown here"
        )
    elif given.none_since is None:
        lines.append(
            "- stops: nothing leaves before they are given; list who sent STOP since (your carrier's "
            "opt-outs and inbound log) in a CSV with a column address: kvitt sending stops FILE"
        )
    lines.append(f"- erasures: erase again whoever was erased after {since}")
    lines.append("- payments, bills and customers: import the files since again; each counts once")
    lines.append(
        f"- {done.in_doubt} message(s) in doubt, which may have left since: kvitt sending doubts lists "
        "them, kvitt sending decide says which left"
    )
    lines.append("- then kvitt run --dry-run, and kvitt sending resume")
    return lines


def _beside(loaded: Settings) -> str:
    """What an installation has besides its database."""
    parts = ["kvitt.toml and your policy files", "the key files (kvitt.key, kvitt-stops.key)"]
    if loaded.letters_folder:
        parts.append(f"the letters folder {loaded.letters_folder}")
    return ", ".join(parts)
