"""kvitt find: a person, a bill or a message by a part of it; kvitt book: how the whole book is on a day."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_table
from handlers.clock import finding as index
from handlers.desk import finding

if TYPE_CHECKING:
    from storage.desk.search import SearchResult

_SHOWN = 60
"""Letters of a message in a table."""


def add_to(app: typer.Typer) -> None:
    """Add ``kvitt find``."""
    app.command("find")(find)


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
