"""kvitt users: who works at the desk, in which role."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened, who
from bot.cli.output import print_line, print_list
from handlers.desk import users as desk

users = typer.Typer(help="Who works at the desk, in which role.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="Their name, as colleagues call them.")]
_Telegram = Annotated[str | None, typer.Option("--telegram", help="Their Telegram user id, a number.")]
_ROLES = "viewer, rep, approver or operator"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(users, name="users")


@users.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a user.")] = False,
) -> None:
    """Everybody who works here, or did."""
    with opened() as installation, installation.database.read() as session:
        found = desk.everybody(session)
    rows = ((one.name, one.role.value, one.telegram_id, "yes" if one.active else "no") for one in found)
    columns = ("name", "role", "telegram", "works here")
    print_list(found, columns, rows, "nobody yet: kvitt users add", json=json)


@users.command("add")
def add(
    name: _Name, role: Annotated[str, typer.Option(help=_ROLES)] = "rep", telegram: _Telegram = None
) -> None:
    """Let somebody work here."""
    wanted = desk.role_named(role)
    with opened() as installation, installation.database.write() as session:
        desk.add(session, name, wanted, telegram, who(), installation.now)
    print_line(f"{name} is {wanted.value} here")


@users.command("role")
def role(name: _Name, role: Annotated[str, typer.Argument(help=_ROLES)], telegram: _Telegram = None) -> None:
    """Give somebody another role, or another Telegram user."""
    wanted = desk.role_named(role)
    with opened() as installation, installation.database.write() as session:
        desk.set_role(session, name, wanted, telegram, who(), installation.now)
    print_line(f"{name} is {wanted.value} here")


@users.command("remove")
def remove(name: _Name) -> None:
    """Somebody no longer works here; what they did stays written down."""
    with opened() as installation, installation.database.write() as session:
        desk.remove(session, name, who(), installation.now)
    print_line(f"{name} no longer works here")
