"""kvitt users: users of the desk and their roles."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import opened, who
from bot.cli.output import print_line, print_list
from handlers.desk import on_call as rota
from handlers.desk import users as desk

users = typer.Typer(help="Users of the desk, and their roles.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="The user's name.")]
_Telegram = Annotated[str | None, typer.Option("--telegram", help="Their Telegram user id, a number.")]
_Phone = Annotated[str | None, typer.Option("--phone", help="The number they are paged at.")]
_ROLES = "viewer, rep, approver or operator"


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt users``."""
    app.add_typer(users, name="users")


@users.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a user.")] = False,
) -> None:
    """List all users, former ones too."""
    with opened() as installation, installation.database.read() as session:
        found = desk.everybody(session)
    rows = (
        (one.name, one.role.value, one.telegram_id, one.phone, one.on_call, "yes" if one.active else "no")
        for one in found
    )
    columns = ("name", "role", "telegram", "phone", "on call", "works here")
    print_list(found, columns, rows, "no users yet: kvitt users add", json=json)


@users.command("add")
def add(
    name: _Name,
    role: Annotated[str, typer.Option(help=_ROLES)] = "rep",
    telegram: _Telegram = None,
    phone: _Phone = None,
) -> None:
    """Add a user with a role."""
    wanted = desk.role_named(role)
    with opened() as installation, installation.database.write() as session:
        desk.add(installation.context(session), name, wanted, telegram, who(), phone)
    print_line(f"{name} is {wanted.value} here")


@users.command("role")
def role(
    name: _Name,
    role: Annotated[str, typer.Argument(help=_ROLES)],
    telegram: _Telegram = None,
    phone: _Phone = None,
) -> None:
    """Change a user's role, Telegram id or phone."""
    wanted = desk.role_named(role)
    with opened() as installation, installation.database.write() as session:
        desk.set_role(installation.context(session), name, wanted, telegram, who(), phone)
    print_line(f"{name} is {wanted.value} here")


@users.command("on-call")
def on_call(
    names: Annotated[
        list[str] | None, typer.Argument(help="Who is on call, the first one paged first.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody is on call: everybody is paged.")] = False,
) -> None:
    """Set who is paged when a customer is in danger, one after the other; without a name, show it."""
    with opened() as installation:
        if names or nobody:
            with installation.database.write() as session:
                found = rota.set_rota(installation.context(session), names or [], who())
        else:
            with installation.database.read() as session:
                found = [user.name for user in rota.rota(session)]
    print_line(f"on call: {', '.join(found)}" if found else "nobody is on call: everybody is paged")


@users.command("remove")
def remove(name: _Name) -> None:
    """Remove a user; the audit trail keeps what they did."""
    with opened() as installation, installation.database.write() as session:
        desk.remove(installation.context(session), name, who())
    print_line(f"{name} no longer works here")
