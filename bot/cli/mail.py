"""kvitt mail take: e-mail piped in by a mail server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from billing.given_files import regular
from bot import wiring
from bot.channels.email.mailbox import UnreadableEmail
from bot.cli.opened import opened
from bot.cli.output import print_line
from bot.clock import system_clock
from bot.setting_errors import MissingSetting

mail = typer.Typer(help="Incoming e-mail.", no_args_is_help=True)

TRY_AGAIN = 75
"""EX_TEMPFAIL (sysexits.h): the mail server queues the e-mail and pipes it again."""
UNREADABLE = 65
"""EX_DATAERR (sysexits.h): the mail server bounces it, since a second try would not help."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt mail``."""
    app.add_typer(mail, name="mail")


@mail.callback()
def _group() -> None:
    """One command so far; this keeps its name."""


@mail.command("take")
def take(
    file: Annotated[str, typer.Argument(help="A file with one raw e-mail; - reads standard input.")],
) -> None:
    """Store an e-mail (answer or bounce); serve or worker handles it. Storing it twice changes nothing."""
    raw = sys.stdin.buffer.read() if file == "-" else _read(Path(file))
    with opened() as kvitt:
        room = wiring.mailroom(kvitt.settings, kvitt.database, kvitt.installation, system_clock)
        if room is None:
            raise MissingSetting("KVITT_EMAIL_FROM", "it distinguishes our own e-mail from incoming e-mail")
        try:
            kind = room.store(raw)
        except UnreadableEmail as unreadable:
            print_line(f"this e-mail cannot be read: {unreadable}")
            raise typer.Exit(UNREADABLE) from None
        except OSError:
            raise typer.Exit(TRY_AGAIN) from None
    print_line(kind)


def _read(file: Path) -> bytes:
    try:
        return regular(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from None
