"""kvitt messages: what a customer wrote and what was written to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.opened import opened
from bot.cli.output import print_list
from handlers.desk import messages as desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.delivery.threads import WrittenText

COLUMNS = ("at", "from", "number", "channel", "address", "state", "text")

_NAMED: Final = {
    "media": "(photo, voice note, place or attachment)",
    "edited": "(changed to)",
    "button": "(pressed)",
    "contact": "(shared their number)",
    "link": "(opened a link)",
    "stopped": "(stopped by the carrier)",
    "started": "(started by the carrier)",
}


def add_to(app: typer.Typer) -> None:
    """Add the command ``kvitt messages``."""
    app.command("messages")(messages)


def messages(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    limit: Annotated[int, typer.Option(min=1, help="The most texts to print, the newest.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a text.")] = False,
) -> None:
    """Print the texts from and to a customer, with what became of each."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = desk.of_customer(session, customer, limit)
    print_list(found, COLUMNS, rows(found), "nothing was written yet", json=json)


def rows(found: Sequence[WrittenText]) -> list[tuple[object, ...]]:
    """Texts as the rows of a table with these columns."""
    return [
        (
            one.at,
            "customer" if one.came_in else "us",
            one.number,
            one.channel,
            one.address,
            f"{one.state}, {one.why.replace('_', ' ')}" if one.why else one.state.replace("_", " "),
            _said(one),
        )
        for one in found
    ]


def _said(one: WrittenText) -> str:
    """A text as the desk reads it: what is no plain text of the customer's is named before it."""
    return " ".join(filter(None, (_NAMED.get(one.kind, ""), one.text)))
