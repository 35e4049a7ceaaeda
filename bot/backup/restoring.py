"""Restores a backup: beside the database first, checked and made safe, then in its place in one step."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billing.refusals import Refusal
from bot import key_files, wiring
from bot.backup import archive, workplace
from bot.backup.archive import BadBackup
from bot.backup.making import place_of
from bot.outgoing_file import CannotWrite
from handlers.context import Context
from handlers.desk import restored
from storage.database import schema
from storage.database.transaction import Database
from storage.sealing.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from bot.backup.archive import Backup
    from bot.backup.place import DatabasePlace
    from bot.clock import Clock
    from bot.settings import Settings
    from handlers.desk.restored import GivenStop, StopsTaken

_SET_UP: Final = frozenset({"alembic_version", "sealing_keys", "users", "audit"})
"""Tables with rows in a database that was only set up: nothing in them is missed."""
_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}
_SEALED: Final = "0024"
"""The first schema in which anything is sealed."""
_NAME: Final = re.compile(r"[a-z_0-9]+")


class NotEmpty(Refusal):
    """The database that would be replaced holds something."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the database is not empty ({what}): nothing was changed; --replace puts the backup in its "
            "place and keeps the old one aside"
        )


class NotProven(Refusal):
    """A backup shows nothing by which it is known for one of ours."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}: has no proof of what it is and when it was made (an older release made it, or it was "
            "made without its keys): give --unproven if you know where it comes from; nothing was changed"
        )


class NotOurTables(Refusal):
    """The database holds tables of another program."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"the database has a table {table}, and none of Kvitt's: name one of Kvitt's own in "
            "KVITT_DATABASE_URL; nothing was changed"
        )


@dataclass(frozen=True, slots=True)
class Stops:
    """What is known of stops since the backup: a list, or why there are none, or neither yet."""

    given: Sequence[GivenStop] | None = None
    none_since: str | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """A finished restore: when the backup was made (UTC), where the old one is kept, what is in doubt."""

    made_at: datetime
    schema: str
    aside: str | None
    in_doubt: int
    stops: StopsTaken | None


def restore(
    settings: Settings,
    file: Path,
    clock: Clock,
    who: Callable[[Session], str],
    stops: Stops,
    *,
    replace: bool,
    unproven: bool = False,
) -> Restored:
    """Put a backup in the place of the database; it comes up with all sending stopped.

    Until the last step the old database is as it was, whatever happens.

    Raises:
        BadBackup: the file is damaged, foreign, of a newer release, or of another kind of database.
        DatabaseInUse: a process uses the database.
        NotEmpty: it holds something, and is not to be replaced.
        NotProven: it has no proof, which is not to be taken for ``unproven``.
        billing.refusals.Refusal: the database cannot be reached or written, or a stop is none.
    """
    with archive.opened(file) as backup:
        place = place_of(settings)
        _check_fits(backup, place)
        if not backup.manifest.proof and not unproven:
            raise NotProven(file)
        work_beside = getattr(place, "path", file)
        try:
            with workplace.beside(work_beside) as folder, place.held():
                keep_old = _check_empty(place, replace=replace)
                with place.staged(backup, folder) as url:
                    done = _prepared(settings, url, backup, clock, who, stops)
                    aside = place.swap(folder, clock(), keep_old=keep_old)
        except OSError as error:
            raise CannotWrite(work_beside, error.strerror or type(error).__name__) from None
    return Restored(backup.manifest.made_at, schema.HEAD, aside, *done)


def _check_fits(backup: Backup, place: DatabasePlace) -> None:
    manifest = backup.manifest
    if manifest.database != place.kind:
        why = f"is of {manifest.database}, and KVITT_DATABASE_URL names {place.kind}"
        raise BadBackup(backup.file, f"{why}: it can be restored to a database of its own kind only")
    if manifest.schema not in schema.known():
        why = f"was made by Kvitt {manifest.version} with schema {manifest.schema}"
        raise BadBackup(backup.file, f"{why}, which is newer than this release's {schema.HEAD}: install that")


def _check_empty(place: DatabasePlace, *, replace: bool) -> bool:
    """Whether the database has anything to keep aside."""
    rows = place.ask(_TABLES[place.kind])
    if rows is None:
        if not replace:
            raise NotEmpty("it cannot be read")
        return True
    tables = sorted(str(row[0]) for row in rows)
    if tables and "alembic_version" not in tables:
        raise NotOurTables(tables[0])
    filled = [name for name in tables if name not in _SET_UP and _any(place, name)]
    if filled and not replace:
        counted = [name for name in ("customers", "bills", "inbox", "outbox") if name in filled] or filled[:1]
        raise NotEmpty(", ".join(f"{_count(place, name)} in {name}" for name in counted))
    return bool(tables)


def _any(place: DatabasePlace, table: str) -> bool:
    # A table of no name of ours is somebody's: it counts as filled.
    return not _NAME.fullmatch(table) or place.ask(f"SELECT 1 FROM {table} LIMIT 1") != []  # noqa: S608


def _count(place: DatabasePlace, table: str) -> Any:
    rows = place.ask(f"SELECT count(*) FROM {table}") if _NAME.fullmatch(table) else None  # noqa: S608
    return rows[0][0] if rows else "something"


def _keys(settings: Settings, backup: Backup) -> Keys:
    """The keys that a backup was sealed with; only for one in which nothing is sealed may they be new.

    Raises:
        billing.refusals.Refusal: they are not in place.
    """
    source = key_files.source(settings)
    unsealed = backup.manifest.schema < _SEALED
    if unsealed and isinstance(source, key_files.KeyFiles) and not source.complete:
        source.make()
    return Keys(source)


def _check_proof(backup: Backup, keys: Keys) -> None:
    """Refuse a manifest that was changed, as to claim another day: stops since would be missed."""
    found, real = backup.manifest.proof, keys.proof(backup.manifest.proven)
    if found and not hmac.compare_digest(found.encode(), real.encode()):
        why = "what its manifest says is not what was written, or it was written with other keys"
        raise BadBackup(backup.file, f"{why}: take another backup, or put its keys in place")


def _prepared(
    settings: Settings,
    url: str,
    backup: Backup,
    clock: Clock,
    who: Callable[[Session], str],
    stops: Stops,
) -> tuple[int, StopsTaken | None]:
    """Bring a staged database to this release's schema, stop its sending, and take the stops."""
    installation, database = wiring.build_installation(settings), Database(url, _keys(settings, backup))
    try:
        if schema.version(database.engine) != backup.manifest.schema:
            raise BadBackup(backup.file, "is damaged: its database is not that of its manifest")
        _check_proof(backup, database.keys)
        schema.upgrade(database.engine)
        with database.write() as session:
            context, by = Context(session, installation, clock), who(session)
            in_doubt = restored.begin(context, by, backup.manifest.made_at, backup.file.name)
            taken = None
            if stops.none_since is not None:
                restored.take_none(context, by, stops.none_since, "--no-stops-since")
            elif stops.given is not None:
                taken = restored.take_stops(context, by, stops.given)
            return in_doubt, taken
    finally:
        database.close()
