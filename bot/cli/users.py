"""kvitt users: users of the desk and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import token_file
from bot.cli.opened import opened
from bot.cli.output import print_line, print_list
from handlers.desk import on_call as rota
from handlers.desk import passwords, signing_in, web_sessions
from handlers.desk import users as desk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

users = typer.Typer(help="Users of the desk, and their roles.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="USER", help="The user's name.")]
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
    """Add a user with a role, and print the token they sign in with."""
    wanted = desk.role_named(role)
    with opened() as installation, installation.database.write() as session:
        context = installation.context(session)
        if _begins(session):
            token = desk.add_first(context, name, wanted, telegram, phone)
        else:
            token = desk.add(context, name, wanted, telegram, installation.who(session), phone)
    print_line(f"{name} is {wanted.value} here")
    _print_token(token)


@users.command("token")
def token(
    name: Annotated[str, typer.Argument(metavar="USER", help="The user's name; your own unless given.")] = "",
) -> None:
    """Make a user a new token to sign in with; the one they had ends."""
    with opened() as installation, installation.database.write() as session:
        context = installation.context(session)
        if name and _begins(session):
            made = signing_in.first_token(context, name)
        else:
            me = installation.who(session)
            made = signing_in.make_token(context, name or me, me)
    _print_token(made)


@users.command("password")
def password(
    name: Annotated[str, typer.Argument(metavar="USER", help="The user's name; your own unless given.")] = "",
    link: Annotated[bool, typer.Option("--link", help="For yourself, too: a link instead.")] = False,
) -> None:
    """Set your own password for the pages at /desk, asked at the terminal; for somebody else, make a link.

    The link is good once and for three days. Who opens it chooses the password, so nobody else knows it.
    """
    with opened() as installation:
        me = installation.sign_in()
        if link or (name and name.casefold() != me.casefold()):
            with installation.database.write() as session:
                invitation = passwords.invite(installation.context(session), name or me, me)
            base = installation.installation.public_url or "http://127.0.0.1:8000"
            print_line(
                f"give this to {invitation.name}: it is good once, for {passwords.INVITED_FOR.days} days"
            )
            print_line(f"{base}/desk/welcome/{invitation.secret}")
            return
        chosen = typer.prompt("New password", hide_input=True, confirmation_prompt="The same again", err=True)
        digest = passwords.digested(me, chosen)
        with installation.database.write() as session:
            passwords.set_own(installation.context(session), me, digest)
    print_line(f"{me} signs in with it at /desk")


@users.command("sessions")
def sessions(
    name: Annotated[str, typer.Argument(metavar="USER", help="Of one user alone.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a session.")] = False,
) -> None:
    """List who is signed in to the pages at /desk, since when and from where."""
    with opened() as installation, installation.database.read() as session:
        found = web_sessions.listed(installation.context(session), name or None)
    rows = [(one.name, one.started_at, one.seen_at, one.address, one.browser) for one in found]
    columns = ("name", "since", "last seen", "address", "browser")
    named = [
        dict(zip(("name", "started_at", "seen_at", "address", "browser"), row, strict=True)) for row in rows
    ]
    print_list(named, columns, rows, "nobody is signed in", json=json)


@users.command("sign-out")
def sign_out(name: _Name) -> None:
    """Sign a user out of the pages at /desk, everywhere."""
    with opened() as installation, installation.database.write() as session:
        me = installation.who(session)
        count = web_sessions.end_all(installation.context(session), name, me)
    print_line(f"{name} was signed in {count} times, and is nowhere now")


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
        by = installation.who(session)
        desk.set_role(installation.context(session), name, wanted, telegram, by, phone)
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
                found = rota.set_rota(installation.context(session), names or [], installation.who(session))
        else:
            with installation.database.read() as session:
                found = [user.name for user in rota.rota(session)]
    print_line(f"on call: {', '.join(found)}" if found else "nobody is on call: everybody is paged")


@users.command("remove")
def remove(name: _Name) -> None:
    """Remove a user; the audit trail keeps what they did."""
    with opened() as installation, installation.database.write() as session:
        desk.remove(installation.context(session), name, installation.who(session))
    print_line(f"{name} no longer works here")


def _begins(session: Session) -> bool:
    """Whether this may be the first token: nobody shows one, and no user has one."""
    return signing_in.may_begin(session) and token_file.token() is None


def _print_token(token: str) -> None:
    """Shown this once, and on a line of its own."""
    print_line("the token, shown this once, goes into KVITT_TOKEN or a file kvitt.token of mode 0600:")
    print_line(token)
