"""The files that an installation lives by: nothing that a command writes takes the place of one of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from bot import settings
from storage.database.engine import read_url
from storage.database.probe import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings

KEY: Final = "kvitt.key"
STOPS_KEY: Final = "kvitt-stops.key"
TOKEN: Final = "kvitt.token"  # noqa: S105 - the name of a file
TOKEN_VARIABLE: Final = "KVITT_TOKEN_FILE"  # noqa: S105 - the name of a variable
_LOGS: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite has beside its file, which is lost without it."""


class OwnFile(Refusal):
    """A command would write over a file that the installation lives by."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: is a file that Kvitt itself needs (settings, database, key or token) and was left as "
            "it is: name another file"
        )


def refuse(file: Path) -> None:
    """Refuse to write over a file of the installation, or where one would be, however it is named.

    Raises:
        OwnFile: it is one.
    """
    if file.is_file():
        taken = any(own.exists() and own.samefile(file) for own in _all())
    else:
        taken = not file.exists() and any(own.resolve() == file.resolve() for own in _all())
    if taken:
        raise OwnFile(file)


def key_file(loaded: Settings) -> Path:
    """The file of the keys of rows: KVITT_KEY_FILE, or beside the SQLite database, or beside the settings.

    Raises:
        storage.database.engine.BadDatabaseUrl: KVITT_DATABASE_URL is malformed.
    """
    return loaded.key_file or _folder(loaded.database_url) / KEY


def token_file() -> Path:
    """The file of the token of who acts: the one that KVITT_TOKEN_FILE names, or beside the settings."""
    named = os.environ.get(TOKEN_VARIABLE)
    return Path(named) if named else settings.folder() / TOKEN


def _folder(url: str) -> Path:
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return Path(parsed.database).parent
    return settings.folder()


def _all() -> Iterator[Path]:
    yield settings.path()
    yield token_file()
    try:
        loaded = settings.load()
        database, key = file_of(loaded.database_url), key_file(loaded)
    except Refusal:
        return  # what cannot be read names no other files
    yield from (key, key.parent / STOPS_KEY, Path(loaded.policy))
    if database is not None:
        yield from (database.with_name(f"{database.name}{end}") for end in _LOGS)
