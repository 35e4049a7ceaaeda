"""kvitt claims remind, reminded: agencies and employers that have not paid."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import amount, print_json, print_line, print_table
from handlers.payers import claims_due, reminders

if TYPE_CHECKING:
    from handlers.payers.reminders import DueReminder


def add_to(claims: typer.Typer) -> None:
    """Add the commands about claim reminders to ``kvitt claims``."""
    claims.command("remind")(remind)
    claims.command("reminded")(reminded)


def remind(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what is due; write nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Remind payers of every claim that is due, and release reminders that wait for approval."""
    with opened() as kvitt:
        by = "" if dry_run else kvitt.sign_in()
        with kvitt.database.read() as session:
            found = reminders.due(kvitt.context(session))
        if not dry_run:
            claims_due.run(kvitt.database, kvitt.installation, kvitt.clock)
            with kvitt.database.write() as session:
                reminders.approve(kvitt.context(session), by)
    if json:
        for one in found:
            print_json(record(one))
        return
    _show(found)
    by_message = sum(bool(one.way) for one in found)
    if found and not dry_run:
        print_line(f"{by_message} in messages that are queued, {len(found) - by_message} before the desk")


def reminded(
    key: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number, like C17-1.")],
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day of the reminder; today unless given."),
    ] = None,
) -> None:
    """Record that a person reminded the payer; the next reminder is counted from that day."""
    with opened() as kvitt, kvitt.database.write() as session:
        day = on.date() if on else None
        number = reminders.by_hand(kvitt.context(session), key, day, kvitt.who(session))
    print_line(f"claim {key}: reminder {number} is recorded")


def _show(found: list[DueReminder]) -> None:
    rows = [
        (one.claim_key, one.payer_id, one.number, amount(one.amount, one.currency), one.way or "the desk")
        for one in found
    ]
    print_table(("claim", "payer", "reminder", "amount", "goes by"), rows, "no payer is to be reminded now")
