"""kvitt period, journal, aging: commands for the accountant."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from billing.ledger.aging import SPANS, totals
from billing.ledger.money import Money
from bot.cli.days import day_of
from bot.cli.json_rows import record
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_list, print_table
from bot.exporting import journal_files
from bot.outgoing_file import write_bytes
from handlers.payments import accounting, periods

if TYPE_CHECKING:
    from billing.ledger.aging import AgingRow

period = typer.Typer(help="Close accounting periods, and reconcile them with the bank.", no_args_is_help=True)
journal = typer.Typer(help="The journal, for an accountant's program.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of the accountant: ``kvitt period``, ``journal`` and ``aging``."""
    app.add_typer(period, name="period")
    app.add_typer(journal, name="journal")
    app.command("aging")(aging)


@period.command("close")
def close(
    through: Annotated[str, typer.Argument(metavar="DAY", help="The last day of the period, as 2026-03-31.")],
    by: Annotated[str, typer.Option(help="Who closes it: whoever is signed in, and nobody else.")] = "",
) -> None:
    """Close the accounting period up to a day: no entry can be dated there, and it cannot be reopened."""
    day = day_of(through)
    with opened() as kvitt, kvitt.database.write() as session:
        me = kvitt.who(session)
        if by and by.casefold() != me.casefold():
            raise typer.BadParameter(f"--by {by}: {me} is signed in, and closes it or nobody")
        periods.close(kvitt.context(session), day, me)
    print_line(f"the period up to {day} is closed; what comes late is booked on the first open day")


@period.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False) -> None:
    """List the accounting periods that are closed."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = periods.closed(session)
    rows = ((one.through, one.closed_at, one.closed_by) for one in found)
    print_list(found, ("through", "closed", "by"), rows, "no period is closed", json=json)


@period.command("tie-out")
def tie_out(
    day: Annotated[str, typer.Option("--on", help="One day, as 2026-03-02; yesterday unless given.")] = "",
    month: Annotated[str, typer.Option(help="A whole month, as 2026-03.")] = "",
    json: Json = False,
) -> None:
    """Reconcile bank, payments, ledger and accounting journal; every difference is listed."""
    if day and month:
        raise typer.BadParameter("--on and --month: write one of them")
    with opened() as kvitt, kvitt.database.read() as session:
        yesterday = kvitt.today - timedelta(days=1)
        first, last = _month(month) if month else (day_of(day or str(yesterday)),) * 2
        found = periods.tie_out(session, kvitt.settings.journal.as_chart(), first, last)
    if json:
        print_json(record(found))
        return
    rows = [
        (one.currency, *(Money(value, one.currency).plain() for value in _sums(one))) for one in found.totals
    ]
    print_table(("currency", "bank", "payments", "ledger", "journal"), rows, "no money moved")
    for line in found.differences:
        print_line(line)
    if not found.differences:
        print_line("everything ties out")


@journal.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    first: Annotated[str, typer.Option("--since", help="The first day, as 2026-03-01.")],
    last: Annotated[str, typer.Option("--until", help="The last day.")],
    file_format: Annotated[
        Literal["sie", "csv"] | None,
        typer.Option("--format", help="sie or csv; by the file's ending unless given, else sie."),
    ] = None,
    currency: Annotated[str, typer.Option(help="The currency, if accounts use several.")] = "",
) -> None:
    """Write every accounting entry of a period once, as balanced vouchers; a second run writes the same."""
    begin, end = day_of(first, "--since"), day_of(last, "--until")
    if end < begin:
        raise typer.BadParameter("--until is earlier than --since")
    with opened() as kvitt, kvitt.database.read() as session:
        chart, creditor = kvitt.settings.journal.as_chart(), kvitt.installation.creditor
        found = accounting.of_period(session, begin, end, chart, currency.upper())
    written = (
        journal_files.as_csv(found, chart)
        if (file_format or out.suffix[1:].lower()) == "csv"
        else journal_files.sie(found, chart, creditor)
    )
    write_bytes(out, written)
    print_line(f"{out}: {len(found.vouchers)} vouchers from {begin} to {end}")


def aging(
    as_of: Annotated[str, typer.Option(help="As of the end of this day; today unless given.")] = "",
    json: Json = False,
) -> None:
    """List what accounts owe and how old it is: by customer, by payer for claims, and in total."""
    with opened() as kvitt, kvitt.database.read() as session:
        day = day_of(as_of) if as_of else kvitt.today
        found = accounting.aging(session, day)
    if json:
        print_json(
            {
                "as_of": day,
                "customers": [_as_json(row) for row in found.customers],
                "payers": [_as_json(row) for row in found.payers],
                "totals": {
                    "customers": [_as_json(row) for row in totals(found.customers)],
                    "payers": [_as_json(row) for row in totals(found.payers)],
                },
                "credits": found.credits,
            }
        )
        return
    names = ("not due", "1-30", "31-60", "61-90", "90+", "total")
    for title, rows in (("customers", found.customers), ("payers", found.payers)):
        print_line(f"{title}, {day}")
        cells = [_cells(row) for row in [*rows, *totals(rows)]]
        print_table(("id", "name", "currency", *names), cells, "nothing is owed")
    for currency, amount in sorted(found.credits.items()):
        print_line(f"credits of customers: {Money(amount, currency).plain()} {currency}")


def _cells(row: AgingRow) -> tuple[str, ...]:
    amounts = [*(row.spans[name] for name in SPANS), row.total]
    return row.who, row.name, row.currency, *(Money(amount, row.currency).plain() for amount in amounts)


def _as_json(row: AgingRow) -> dict[str, Any]:
    return {"id": row.who, "name": row.name, "currency": row.currency, **row.spans, "total": row.total}


def _sums(one: periods.Total) -> tuple[int, int, int, int]:
    return one.bank, one.payments, one.ledger, one.journal


def _month(text: str) -> tuple[date, date]:
    first = day_of(f"{text}-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
