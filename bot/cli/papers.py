"""kvitt bills pdf, kvitt statement: documents as PDF or CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from bot.cli import bill_changes
from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import print_line
from bot.outgoing_file import write_bytes, write_csv
from handlers.bills import invoices, statements
from handlers.payers import payer_invoices
from messages.documents import bill_documents

bills = typer.Typer(help="Bills on paper, credited, and due later.", no_args_is_help=True)

_AMOUNTS: Final = frozenset({"amount", "balance", "quantity"})
Out = Annotated[Path, typer.Argument(help="The file to write.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands for papers: ``kvitt bills pdf`` and ``kvitt statement``."""
    bill_changes.add_to(bills)
    app.add_typer(bills, name="bills")
    app.command("statement")(statement)


@bills.command("pdf")
def pdf(
    bill_id: Annotated[str, typer.Argument(metavar="BILL", help="The bill's id or number.")], out: Out
) -> None:
    """Write one bill as PDF, with its own date and its present balance."""
    with opened() as kvitt, kvitt.database.read() as session:
        page = invoices.page(kvitt.context(session), bill_id)
    write_bytes(out, bill_documents.pdf(page))
    print_line(f"{page['title']}: {out}")


def statement(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer.")],
    out: Out,
    since: Annotated[
        str, typer.Option("--since", help="The first day; the day of the first entry unless given.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="The last day; today unless given.")] = "",
    form: Annotated[
        Literal["pdf", "csv"] | None,
        typer.Option("--format", help="pdf or csv; by the file's ending unless given."),
    ] = None,
) -> None:
    """Write a customer's statement of account: opening balance, every entry, closing balance."""
    with opened() as kvitt, kvitt.database.read() as session:
        context = kvitt.context(session)
        days = (day_of(since, "--since") if since else None, day_of(until, "--until") if until else None)
        found = statements.read(context, customer_id, *days)
        page = statements.page(context, found)
    if (form or out.suffix[1:].lower()) == "csv":
        write_csv(out, statements.COLUMNS, statements.rows(found), plain=_AMOUNTS, end="\r\n")
    else:
        write_bytes(out, bill_documents.pdf(page))
    print_line(f"{len(found.statement.rows)} entries: {out}")


def payer_invoice(
    payer_id: Annotated[str, typer.Argument(metavar="PAYER", help="The payer.")], out: Out
) -> None:
    """Write the invoice to a payer: as PDF, or as CSV if the file's name ends in .csv."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = payer_invoices.read(session, payer_id)
        page = payer_invoices.page(kvitt.installation, found, kvitt.now)
    if out.suffix.lower() == ".csv":
        write_csv(out, payer_invoices.COLUMNS, payer_invoices.rows(found), plain=_AMOUNTS, end="\r\n")
    else:
        write_bytes(out, bill_documents.pdf(page))
    print_line(f"{found.name}: {len(found.claims)} claims, {out}")
