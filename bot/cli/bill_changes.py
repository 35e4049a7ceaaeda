"""kvitt bills credit, move: an issued bill is lowered, or due later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import amount as shown
from bot.cli.output import print_line
from bot.outgoing_file import write_bytes
from handlers.payments import bill_changes
from messages.documents import bill_documents

BillName = Annotated[str, typer.Argument(metavar="BILL", help="The bill's id or number.")]
Reason = Annotated[str, typer.Option(help="The reason; it is saved with the change.")]


def add_to(bills: typer.Typer) -> None:
    """Add the commands that change an issued bill."""
    bills.command("credit")(credit)
    bills.command("move")(move)
    bills.command("credit-note")(credit_note)


def credit(
    bill_id: BillName,
    amount: Annotated[str, typer.Argument(help="How much is taken off, as 120.50.")],
    reason: Reason = "",
) -> None:
    """Lower a bill: an amount is credited under a number of its own, and the customer is told."""
    with opened() as kvitt, kvitt.database.write() as session:
        note = bill_changes.credit(kvitt.context(session), bill_id, amount, kvitt.who(session), reason)
    print_line(
        f"bill {note.bill_id}: {shown(note.amount, note.currency)} credited, credit note {note.number}"
    )


def move(
    bill_id: BillName,
    day: Annotated[str, typer.Argument(help="The new due day, as 2026-04-30.")],
    reason: Reason = "",
) -> None:
    """Give more time for a bill: it is due on a later day, at which its reminders begin again."""
    due_on = day_of(day)
    with opened() as kvitt, kvitt.database.write() as session:
        before = bill_changes.move(kvitt.context(session), bill_id, due_on, kvitt.who(session), reason)
    print_line(f"bill {bill_id}: due on {due_on}, not on {before}")


def credit_note(
    number: Annotated[str, typer.Argument(help="The credit note's number.")],
    out: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Write one credit note as PDF, with what is left of its bill at present."""
    with opened() as kvitt, kvitt.database.read() as session:
        page = bill_changes.page(kvitt.context(session), number)
    write_bytes(out, bill_documents.pdf(page))
    print_line(f"{page['title']}: {out}")
