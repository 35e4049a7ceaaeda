"""kvitt letters: what goes by post, through a print service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.channels.letter import PrintRoom
from bot.cli.days import day_of
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list, progress
from bot.clock import system_clock
from bot.setting_errors import MissingSetting
from handlers.delivery import letters as handled
from storage.delivery import letters as kept

if TYPE_CHECKING:
    from bot.cli.opened import CommandContext

letters = typer.Typer(help="Letters sent through a print service.", no_args_is_help=True)

Batch = Annotated[int, typer.Argument(metavar="BATCH", help="The batch's number.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt letters``."""
    app.add_typer(letters, name="letters")


@letters.command("batch")
def batch(
    post_on: Annotated[
        str, typer.Option("--on", help="The day it will be posted, as 2026-03-02; today.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a batch.")] = False,
) -> None:
    """Print every letter that is due: a folder with one PDF a letter and addresses.csv."""
    with opened() as kvitt:
        day = day_of(post_on, "--on") if post_on else kvitt.today
        with progress() as show:
            done = _room(kvitt).print_batches(day, kvitt.who_if_anybody(), show)
        nothing = "" if done else _none_due(kvitt)
    for batch_id, where in done:
        if json:
            print_json({"batch": batch_id, "folder": str(where)})
        else:
            print_line(f"batch {batch_id}: {where}; once it is posted, say kvitt letters posted {batch_id}")
    if nothing and not json:
        print_line(nothing)


@letters.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a batch.")] = False,
) -> None:
    """List batches, the newest first, with letters to withdraw because the bill was settled since."""
    with opened() as kvitt, kvitt.database.write() as session:
        found = [
            (one, count, handled.settled_since(kvitt.context(session), one.id))
            if one.state is kept.BatchState.PRINTED
            else (one, count, [])
            for one, count in kept.batches(session)
        ]
    rows = (
        (one.id, one.state.value, count, one.post_on, one.posted_on, ", ".join(stale) or "-")
        for one, count, stale in found
    )
    columns = ("batch", "state", "letters", "to post", "posted", "settled since: withdraw")
    as_json = (record(one) | {"letters": count, "settled_since": stale} for one, count, stale in found)
    print_list(as_json, columns, rows, "no batch was printed yet", json=json)


@letters.command("posted")
def posted(
    batch_id: Batch,
    on: Annotated[str, typer.Option(help="The day it was posted, as 2026-03-02; today.")] = "",
) -> None:
    """Confirm that a batch was posted: its letters count as sent from that day."""
    with opened() as kvitt, kvitt.database.write() as session:
        count = handled.posted(
            kvitt.context(session), batch_id, day_of(on, "--on") if on else None, kvitt.who(session)
        )
    print_line(f"batch {batch_id}: {count} letter{'s' if count != 1 else ''} posted")


@letters.command("withdraw")
def withdraw(
    batch_id: Batch,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this letter of the batch, like 17-003.")
    ] = None,
) -> None:
    """Withdraw a batch, or single letters, before posting; letters still due go into the next batch."""
    with opened() as kvitt:
        by, room = kvitt.sign_in(), _room(kvitt)
        with kvitt.database.write() as session:
            gone = handled.withdraw(kvitt.context(session), batch_id, only or (), by)
        room.tidy()
    print_line(
        f"batch {batch_id}: {', '.join(gone)} withdrawn; do not post {'them' if len(gone) > 1 else 'it'}"
    )


@letters.command("returned")
def returned(
    reference: Annotated[str, typer.Argument(help="The reference printed on the letter, like 17-003.")],
    reason: Annotated[str, typer.Option(help="The reason the post gave.")] = "",
) -> None:
    """Record a returned letter: it counts as undelivered, and the desk gets a case to find the address."""
    with opened() as kvitt, kvitt.database.write() as session:
        handled.returned(kvitt.context(session), reference, reason.strip(), kvitt.who(session))
    print_line(f"letter {reference} came back: the address is searched (kvitt escalations list)")


def _none_due(kvitt: CommandContext) -> str:
    with kvitt.database.read() as session:
        count, first = handled.queued(kvitt.context(session))
    if first is None:
        return "no letter is waiting to be printed"
    when = first.astimezone(kvitt.installation.creditor.zone)
    return f"no letter is due yet: {count} queued, the first may be printed from {when:%Y-%m-%d %H:%M %Z}"


def _room(kvitt: CommandContext) -> PrintRoom:
    folder = kvitt.settings.letters_folder
    if folder is None:
        raise MissingSetting("KVITT_LETTERS_FOLDER", "letters are put there for the print service")
    return PrintRoom(kvitt.database, kvitt.installation, system_clock, folder)
