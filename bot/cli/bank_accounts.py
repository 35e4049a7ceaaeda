"""kvitt payments accounts: other names that files have for a bank account."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened
from bot.cli.output import print_line, print_list
from handlers.payments import bank_accounts

accounts = typer.Typer(
    help="Other names of a bank account, as a bankgiro number beside its IBAN.", no_args_is_help=True
)


def add_to(payments: typer.Typer) -> None:
    """Add the commands of ``kvitt payments accounts``."""
    payments.add_typer(accounts, name="accounts")


@accounts.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="JSON, one object a line.")] = False) -> None:
    """List the other names of bank accounts."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = bank_accounts.every(session)
    rows = ((one.account, one.name, one.named_by) for one in found)
    print_list(found, ("account", "name", "by"), rows, "no bank account has another name", json=json)


@accounts.command("name")
def name(
    other: Annotated[str, typer.Argument(help="The other name, as a file has it: a bankgiro number.")],
    account: Annotated[str, typer.Option("--of", help="The account, as most files have it: its IBAN.")],
) -> None:
    """Name a bank account a second time: payments under either name are the same ones."""
    with opened() as kvitt, kvitt.database.write() as session:
        twice = bank_accounts.name(kvitt.context(session), other, account, kvitt.who(session))
    print_line(f"{other} is a name of {account}")
    for one, again in twice:
        print_line(
            f"payments {one} and {again} are the same one, read under two names: look whether both are booked"
        )


@accounts.command("forget")
def forget(other: Annotated[str, typer.Argument(help="The name to take away.")]) -> None:
    """Take another name of a bank account away; what came under it stays with the account."""
    with opened() as kvitt, kvitt.database.write() as session:
        bank_accounts.forget(kvitt.context(session), other, kvitt.who(session))
    print_line(f"{other} is no name of a bank account any more")
