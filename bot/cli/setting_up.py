"""kvitt init, doctor, db upgrade: before anything is sent."""

from __future__ import annotations

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing import policy as policies
from billing.refusals import Refusal
from bot import key_files, sample_creditor, settings, wiring
from bot.cli import beginning, failures
from bot.cli.opened import opened as opened_kvitt
from bot.cli.output import print_line, progress
from bot.setting_errors import BadSetting
from handlers.desk import on_call, sending
from handlers.people import unheard
from storage import private_files
from storage.database import schema, sealing_keys
from storage.database.probe import damage, file_of, free_beside, probe
from storage.database.transaction import Database
from storage.database.trouble import DatabaseTrouble, TroubleKind, place_of
from storage.sealing.keys import throwaway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.delivery.sending import SendingStop

database = typer.Typer(help="The database.", no_args_is_help=True)

MB = 1_000_000
ROOM = 500 * MB
"""Bytes that should be free beside a SQLite database."""
NOT_COUNTED = "not counted: the database has no schema of this release"
NO_STOP = "no stop is known: the database has no schema of this release"


def add_to(app: typer.Typer) -> None:
    """Add the commands that set up an installation: ``kvitt init``, ``doctor`` and ``db``."""
    app.command("init")(beginning.init)
    app.command("doctor")(doctor)
    app.add_typer(database, name="db")


def doctor(
    online: Annotated[
        bool,
        typer.Option("--online", help="Ask Twilio, Telegram and Stripe, too: tokens, numbers and webhooks."),
    ] = False,
) -> None:
    """Check settings, policy, words and database, and say what to fix."""
    broken = False
    for what, found, fine in _checks(online=online):
        print_line(f"{'ok ' if fine else 'fix'} {what}: {found}")
        broken = broken or not fine
    if broken:
        raise typer.Exit(1)


@database.command("upgrade")
def upgrade(
    additive: Annotated[
        bool,
        typer.Option("--additive", help="Only what the release before can work with: no row is sealed yet."),
    ] = False,
) -> None:
    """Bring the database to this release's schema, and seal its rows."""
    loaded = settings.load()
    opened = Database(loaded.database_url, wiring.keys_of(loaded, make=True))
    try:
        with progress() as bar:
            before = schema.upgrade(opened.engine, additive=additive, progress=bar)
    finally:
        opened.close()
    print_line(f"schema {before or 'none'} -> {schema.HEAD}")
    if additive:
        print_line("no row is sealed yet: stop the processes of the release before, then kvitt db upgrade")
    else:
        print_line(
            f"every row is sealed by the key {opened.keys.newest.id}: keep a copy of {opened.keys.where} "
            "apart from backups"
        )


def _checks(*, online: bool) -> Iterator[tuple[str, str, bool]]:
    try:
        loaded = settings.load()
    except Refusal as refusal:
        yield "settings", str(refusal), False
        return
    yield "settings", "read", True
    for warning in loaded.warnings:
        yield "settings", warning, False
    if sample := sample_creditor.left(loaded.creditor):
        yield "creditor", f"{' and '.join(sample)} still name the sample clinic: put your own there", False
    policy = _tried("policy", lambda: f"{policies.load(loaded.policy).title}")
    yield policy
    if policy[2]:
        yield _tried("words", lambda: _words(loaded))
    database = _tried("database", lambda: _database(loaded))
    yield database
    if database[2] or _made(loaded.database_url):
        yield _tried("disk", lambda: _disk(loaded.database_url))
    yield from _outside(loaded)
    if online:
        from bot import online as providers  # noqa: PLC0415 - slow to load

        yield from providers.checks(loaded)
    yield "sending", f"{loaded.sending.value}", True
    if database[2]:
        yield _tried("key", lambda: _key(loaded))
        yield _tried("sending here", lambda: _stop(loaded))
        yield _tried("on call", lambda: _on_call(loaded))
        owing = cache(lambda: _owing(loaded))  # the whole book is looked at, once
        yield _tried("reach", lambda: _reach(owing()))
        yield _tried("identity", lambda: _identity(owing()))
    chats = len(loaded.staff_chats)
    yield "staff chat", _staff_chats(chats), True


def _outside(loaded: settings.Settings) -> Iterator[tuple[str, str, bool]]:
    """What carries messages."""
    channels = ", ".join(sorted(channel.value for channel in wiring.channels(loaded)))
    yield "channels", channels or "none is set up: messages cannot leave", bool(channels)
    if loaded.sms or loaded.whatsapp:
        address = f"{loaded.public_url}{wiring.MESSAGES_PATH}" if loaded.public_url else ""
        yield "webhooks", address or "KVITT_PUBLIC_URL is not set: Twilio cannot reach you", bool(address)
    if loaded.email:
        yield _tried("e-mail out", lambda: _smtp(loaded))
    if loaded.imap_url:
        yield _tried("e-mail in", lambda: _imap(loaded))
    if loaded.letters_folder:
        yield _tried("letters", lambda: _letters(loaded.letters_folder))


class SendingIsStopped(Refusal):
    """All sending was stopped by a user, whatever KVITT_SENDING says."""

    def __init__(self, stop: SendingStop) -> None:
        super().__init__(
            f"all sending was stopped by {stop.by} on {stop.at:%Y-%m-%d %H:%MZ} ({stop.reason}): "
            "kvitt sending resume lets it go on"
        )


def _stop(loaded: settings.Settings) -> str:
    """Check whether a user stopped all sending; a database without a schema has no stop."""
    if not _made(loaded.database_url):
        return NO_STOP
    opened = Database(loaded.database_url, throwaway())  # nothing sealed is read
    try:
        if schema.version(opened.engine) != schema.HEAD:
            return NO_STOP
        with opened.read() as session:
            stop = sending.state(session)
    finally:
        opened.close()
    if stop:
        raise SendingIsStopped(stop)
    return "nobody has stopped it"


def _on_call(loaded: settings.Settings) -> str:
    """Check that somebody is paged when a customer is in danger."""
    if not _made(loaded.database_url):
        raise on_call.NobodyOnCall
    opened = Database(loaded.database_url, throwaway())  # nothing sealed is read
    try:
        if schema.version(opened.engine) != schema.HEAD:
            raise on_call.NobodyOnCall
        with opened.read() as session:
            return ", ".join(user.name for user in on_call.check_rota(session, wiring.set_up(loaded)))
    finally:
        opened.close()


def _is_current(loaded: settings.Settings) -> bool:
    """Whether the database is made, and has the schema of this release."""
    if not _made(loaded.database_url):
        return False
    opened = Database(loaded.database_url, throwaway())  # nothing sealed is read
    try:
        return schema.version(opened.engine) == schema.HEAD
    finally:
        opened.close()


class NobodyReached(Refusal):
    """Nobody who owes something can be written to."""

    def __init__(self, found: unheard.Unheard) -> None:
        super().__init__(f"none of {found.owing} who owe something can be written to: {_why(found)}")


class NobodyKnown(Refusal):
    """Nobody who owes something has a birth date on file."""

    def __init__(self, owing: int) -> None:
        super().__init__(
            f"none of {owing} who owe something has a birth date to show who they are, so none is told "
            "anything of their bills: import birth_date (docs/columns.md)"
        )


def _owing(loaded: settings.Settings) -> unheard.Unheard | None:
    """Look at everybody who owes something; nothing where the schema is not this release's."""
    if not _is_current(loaded):
        return None
    with opened_kvitt() as kvitt, kvitt.database.read() as session:
        return unheard.count(kvitt.context(session))


def _reach(found: unheard.Unheard | None) -> str:
    """Say who owes something and has no way to hear of it, and what is missing."""
    if found is None:
        return NOT_COUNTED
    if not found.owing:
        return "no customer owes anything yet"
    if found.count == found.owing:
        raise NobodyReached(found)
    if not found.count:
        return f"all {found.owing} who owe something can be written to"
    return f"{found.count} of {found.owing} who owe something cannot be written to: {_why(found)}"


def _identity(found: unheard.Unheard | None) -> str:
    """Say how many of those who owe something can show who they are."""
    if found is None:
        return NOT_COUNTED
    if not found.owing:
        return "no customer owes anything yet"
    if found.without_birth_date == found.owing:
        raise NobodyKnown(found.owing)
    if not found.without_birth_date:
        return f"all {found.owing} who owe something have a birth date to show who they are"
    return (
        f"{found.without_birth_date} of {found.owing} who owe something have no birth date: "
        "they are told nothing of their bills (docs/columns.md)"
    )


def _why(found: unheard.Unheard) -> str:
    parts = ", ".join(f"{why} {count}" for why, count in sorted(found.by_reason.items()))
    return f"{parts} (docs/consent.md)"


def _words(loaded: settings.Settings) -> str:
    installation = wiring.build_installation(loaded)
    installation.words.check_all()
    return f"{len(installation.available)} channel(s) can be spoken on"


def _staff_chats(count: int) -> str:
    if not count:
        return "none: cases are seen in kvitt escalations alone (KVITT_TELEGRAM_STAFF_CHAT)"
    return f"{count} {'hears' if count == 1 else 'hear'} of what needs a person"


def _made(url: str) -> bool:
    """Whether a database was made yet: looking into a SQLite file that is not there would make it."""
    try:
        file = file_of(url)
    except Refusal:
        return False
    return file is None or file.exists()


def _database(loaded: settings.Settings) -> str:
    """Read and write in the database, as a check that leaves nothing; nothing is made by looking."""
    url = loaded.database_url
    file = file_of(url)
    if file is not None and not file.exists():
        if not os.access(file.parent, os.W_OK):
            raise BadSetting(
                "KVITT_DATABASE_URL", f"{file} cannot be made: its folder is missing or not writable"
            )
        return "not there yet; the first command makes it"
    found = probe(url)
    if found is None:
        return "empty; the first command makes the schema"
    schema.check(found)
    if file is not None and damage(url):
        raise DatabaseTrouble(TroubleKind.DAMAGED, place_of(url))
    return f"schema {found}, can be read and written"


def _disk(url: str) -> str:
    """Check that there is room for a while beside the database's file."""
    file = file_of(url)
    if file is None:
        return "the database's server looks after its own"
    free = free_beside(file)
    if free < ROOM:
        raise BadSetting(
            "KVITT_DATABASE_URL",
            f"{free / MB:,.0f} MB are free where {file} is: make room for {ROOM // MB} MB",
        )
    return f"{free / MB:,.0f} MB are free"


def _key(loaded: settings.Settings) -> str:
    """Check that the key opens what the database has sealed."""
    if not _made(loaded.database_url):
        return "the first command makes one"
    opened = Database(loaded.database_url, throwaway())
    try:
        if schema.version(opened.engine) is None:
            return "the first command makes one"
    finally:
        opened.close()
    opened = Database(loaded.database_url, key_files.read(loaded))
    try:
        sealing_keys.check(opened.engine)
    finally:
        opened.close()
    return f"{opened.keys.where} has the key {opened.keys.newest.id}; keep a copy of it apart from backups"


def _smtp(loaded: settings.Settings) -> str:
    """Log in to the mail server, as a check."""
    channel = wiring.email_channel(loaded)
    assert channel
    asyncio.run(channel.probe())
    return f"{loaded.email_from} may send"


def _imap(loaded: settings.Settings) -> str:
    """Log in to the mailbox, as a check."""
    mailbox = wiring.mailbox(loaded)
    assert mailbox
    mailbox.probe()
    return "the mailbox can be read"


def _letters(folder: Path | None) -> str:
    """Render one page without saving it, and check that the folder is writable."""
    assert folder
    private_files.make_folder(folder)
    if not os.access(folder, os.W_OK):
        raise BadSetting("KVITT_LETTERS_FOLDER", f"{folder} cannot be written to")
    return f"batches go to {folder}"


def _tried(what: str, check: Callable[[], str]) -> tuple[str, str, bool]:
    try:
        return what, check(), True
    except Refusal as refusal:
        return what, str(refusal), False
    except Exception as error:  # noqa: BLE001 - the doctor reports any failure
        return what, failures.sentence(error), False
