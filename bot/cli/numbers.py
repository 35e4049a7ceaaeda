"""kvitt confirm, kvitt reassigned: a number that a customer confirmed, or that somebody else has now."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import print_line
from handlers.desk import confirming


def add_to(app: typer.Typer) -> None:
    """Add ``kvitt confirm`` and ``kvitt reassigned``, for a customer's phone number."""
    app.command("confirm")(confirm)
    app.command("reassigned")(reassigned)


def confirm(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    phone: Annotated[
        str, typer.Argument(help="The number; may be left out if the customer has only one.")
    ] = "",
) -> None:
    """Record that a customer confirmed a phone number, by phone or in person."""
    with opened() as kvitt, kvitt.database.write() as session:
        number = confirming.confirm_number(kvitt.context(session), customer_id, phone, kvitt.who(session))
    print_line(f"the number ending in {number[-2:]} is confirmed as that of customer {customer_id}")


def reassigned(
    phone: Annotated[str, typer.Argument(help="The number that somebody else has now.")],
) -> None:
    """Retire a phone number that the carrier has given to somebody else."""
    with opened() as kvitt, kvitt.database.write() as session:
        people = confirming.number_reassigned(kvitt.context(session), phone, kvitt.who(session))
    print_line(f"the number is retired; a case asks for another one of {', '.join(people)}")
