"""kvitt payments chargeback: a card acquirer's letter, written down by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import amount, print_line
from handlers.payments import acquirer_letters

chargeback = typer.Typer(help="Payments that a card acquirer charges back by letter.", no_args_is_help=True)

Number = Annotated[
    int, typer.Argument(metavar="CHARGEBACK", help="The chargeback's number: see kvitt payments chargebacks.")
]


def add_to(payments: typer.Typer) -> None:
    """Add the commands of ``kvitt payments chargeback``."""
    payments.add_typer(chargeback, name="chargeback")


@chargeback.command("open")
def open_(
    payment: Annotated[int, typer.Argument(help="The payment it is about: see kvitt payments list.")],
    number: Annotated[
        str,
        typer.Option("--reference", help="The acquirer's case number; entering it twice books nothing more."),
    ],
    much: Annotated[
        str | None,
        typer.Option("--amount", help="The amount, as 120.50; all that is left of the payment unless given."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="The acquirer's reason.")] = "",
) -> None:
    """Book a chargeback: the bill is owed again, and no reminder goes out while it is open."""
    with opened() as kvitt, kvitt.database.write() as session:
        one = acquirer_letters.begun(
            kvitt.context(session), payment, number, much, reason, kvitt.who(session)
        )
    print_line(f"chargeback {one.id} over {amount(one.amount, one.currency)} is open; the desk has a case")


@chargeback.command("won")
def won(number: Number) -> None:
    """Close a chargeback as won: the money came back and settles the same bills again."""
    with opened() as kvitt, kvitt.database.write() as session:
        acquirer_letters.decided(kvitt.context(session), number, kvitt.who(session), won=True)
    print_line(f"chargeback {number} is won; the money is back where it was")


@chargeback.command("lost")
def lost(number: Number) -> None:
    """Close a chargeback as lost: what the payment had settled stays owed."""
    with opened() as kvitt, kvitt.database.write() as session:
        acquirer_letters.decided(kvitt.context(session), number, kvitt.who(session), won=False)
    print_line(f"chargeback {number} is lost; what the payment had settled is owed")
