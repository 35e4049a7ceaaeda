"""kvitt find: a person, a bill or a message by a part of it; kvitt book: how the whole book is on a day."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import csv_text
from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_table
from handlers.clock import finding as index
from handlers.desk import book as books
from handlers.desk import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.desk.search import SearchResult

_SHOWN = 60
"""Letters of a message in a table."""


def add_to(app: typer.Typer) -> None:
    """Add ``kvitt find`` and ``kvitt book``."""
    app.command("find")(find)
    app.command("book")(book)


def find(
    text: Annotated[str, typer.Argument(help="A part of a name, the end of a phone, a number, a word.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most of each to print.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON object for each that was found.")] = False,
) -> None:
    """Find people, bills and messages: by a part of a name, the last digits of a phone, a number, a word."""
    with opened() as kvitt:
        index.index(kvitt.database, kvitt.clock)
        with kvitt.database.read() as session:
            found = finding.find(kvitt.context(session), text, limit)
    if json:
        _print_rows(found)
        return
    if found.nothing:
        print_line("nothing was found")
    if found.people:
        print_table(("customer", "name"), [(one.customer_id, one.name) for one in found.people], "")
    if found.bills:
        rows = [
            (one.bill_id, one.invoice_number or "", one.customer_id, one.name, one.due_on, one.state)
            for one in found.bills
        ]
        print_table(("bill", "number", "customer", "name", "due", "state"), rows, "")
    if found.texts:
        said = [
            (one.at, ", ".join(name for _, name in one.people), one.text.replace("\n", " ")[:_SHOWN])
            for one in found.texts
        ]
        print_table(("came", "from", "message"), said, "")
    if found.more_people or found.more_bills or found.more_texts:
        print_line(f"there are more than {limit}: give --limit, or more of the name")


def book(
    day: Annotated[str, typer.Option(help="A day that is over, as 2026-03-02; yesterday unless given.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV, one figure a line.")] = False,
) -> None:
    """Print how the whole book was on a day: aging, collected, kept, answered."""
    if json and csv:
        raise typer.BadParameter("--json and --csv: give one of them")
    with opened() as kvitt, kvitt.database.read() as session:
        context = kvitt.context(session)
        found = books.of_day(context, day_of(day, "--day") if day else books.yesterday(context))
    if json:
        print_json(found)
        return
    rows = list(_figures(found))
    if csv:
        columns = ("day", "part", "of", "figure", "value")
        sys.stdout.write(csv_text.text_of(columns, [(found["day"], *row) for row in rows]))
        return
    print_line(f"the book at the end of {found['day']}, over {found['period_days']} days")
    print_table(("part", "of", "figure", "value"), rows, "nothing is in it")


def _figures(found: dict[str, Any]) -> Iterator[tuple[str, str, str, object]]:
    """Every figure of a day on a line; amounts in minor units."""
    for currency, money in found["currencies"].items():
        yield from _of_currency(currency, money)
    for part in ("promises", "plans", "opt_outs"):
        for name, count in found[part].items():
            yield part, "", name, count
    for one in found["answers"]:
        yield "answers", one["channel"], f"{one['hour']:02}:00", f"{one['answered']} of {one['sent']}"


def _of_currency(currency: str, money: dict[str, Any]) -> Iterator[tuple[str, str, str, object]]:
    for span, amount in money.get("aging", {}).items():
        yield "aging", currency, span, amount
    for name in ("owed", "asked", "days_sales_outstanding", "collection_effectiveness"):
        if money.get(name) is not None:
            yield "collected", currency, name, money[name]
    for roll in money.get("rolls", ()):
        yield "rolls", currency, f"{roll['before']} to {roll['after']}", roll["bills"]
    for one in money["recovered"]:
        yield "recovered", currency, f"after level {one['level']}", one["amount"]


def _print_rows(found: SearchResult) -> None:
    for person in found.people:
        print_json({"found": "person", "customer_id": person.customer_id, "name": person.name})
    for bill in found.bills:
        row = asdict(bill)
        del row["key"]
        print_json({"found": "bill", **row})
    for text in found.texts:
        people = [one for one, _ in text.people]
        print_json({"found": "message", "at": text.at, "text": text.text, "customer_ids": people})
