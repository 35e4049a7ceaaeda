"""Makes a backup while everything runs: copied, packed, checked, and put in place in one step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DatabaseError

from billing.refusals import Refusal
from bot import key_files, own_files
from bot.backup import archive, workplace
from bot.backup.archive import Manifest
from bot.backup.place import NothingToBackUp
from bot.outgoing_file import CannotWrite
from storage.database import schema, trouble
from storage.database.engine import BadDatabaseUrl, read_url
from storage.database.transaction import Database
from storage.sealing.keys import throwaway

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.backup.place import DatabasePlace
    from bot.settings import Settings


_ZIP: Final = b"PK\x03\x04"
"""How a backup begins, as every zip does."""


class ReplacesNoBackup(Refusal):
    """A file that is to be replaced by a backup is something else than an older one."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: is no backup and was left as it is: --replace is for an older backup")


class FileThere(Refusal):
    """A file is there already, and may be the only good backup."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file}: is there already: name another file, or give --replace")


def place_of(settings: Settings) -> DatabasePlace:
    """The database of the settings as the place of a backup or a restore.

    Raises:
        BadDatabaseUrl: the URL names no database that can be backed up.
        DatabaseTrouble: PostgreSQL does not answer.
    """
    url = read_url(settings.database_url)
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            from bot.backup.sqlite_copy import SQLitePlace  # noqa: PLC0415 - one of the two is needed

            return SQLitePlace(Path(url.database))
        case "postgresql" | "postgres":
            from bot.backup.postgres_copy import PostgreSQLPlace  # noqa: PLC0415

            return PostgreSQLPlace(settings.database_url)
    raise BadDatabaseUrl(url.render_as_string(hide_password=True))


def make(settings: Settings, file: Path, now: datetime, version: str, *, replace: bool) -> Manifest:
    """Write a checked backup of the database as it is at ``now`` (UTC) or a little later.

    Raises:
        FileThere: the file is there already, and is not to be replaced.
        ReplacesNoBackup: the file that is to be replaced is something else.
        OwnFile: it is a file that the installation lives by.
        NothingToBackUp: there is no database with a schema of ours.
        CannotWrite: the folder is not there, cannot be written to, or its disk is full.
        billing.refusals.Refusal: the database cannot be read or is damaged.
    """
    if file.exists() and (not replace or file.is_dir()):
        raise FileThere(file)
    own_files.refuse(file)
    _refuse_no_backup(file)
    place = place_of(settings)
    found = _schema(settings, place)
    about = Manifest(version, found, now, place.kind, 0, "", place.namespace)
    with workplace.beside(file) as folder:
        try:
            made = workplace.empty_file(folder / "backup.zip")
            with place.copied(folder) as pieces:
                manifest = archive.write(made, pieces, about, _prover(settings))
            with archive.opened(made) as backup:
                place.verify(backup)
            if file.exists() and not replace:
                raise FileThere(file)
            workplace.put(made, file)
        except OSError as error:
            raise CannotWrite(file, error.strerror or type(error).__name__) from None
    return manifest


def _prover(settings: Settings) -> Callable[[str], str]:
    """What makes the proof of a manifest; where the keys were lost a backup is made all the same, without."""
    try:
        return key_files.read(settings).proof
    except Refusal:
        return lambda _: ""


def _schema(settings: Settings, place: DatabasePlace) -> str:
    if place.kind == "sqlite" and not Path(read_url(settings.database_url).database or "").exists():
        raise NothingToBackUp(settings.database_url)
    # What is sealed is copied as it is: a backup can be made, too, where the key was lost.
    database = Database(settings.database_url, throwaway())
    try:
        found = schema.version(database.engine)
    except DatabaseError as error:
        raise trouble.explained(error, settings.database_url) or error from None
    finally:
        database.close()
    if found is None:
        raise NothingToBackUp(read_url(settings.database_url).render_as_string(hide_password=True))
    return found


def _refuse_no_backup(file: Path) -> None:
    """Refuse to replace what is no older backup; a damaged one, or an empty file, may be replaced."""
    if not file.is_file():
        return
    with file.open("rb") as data:
        start = data.read(len(_ZIP))
    if start and start != _ZIP:
        raise ReplacesNoBackup(file)
