"""A PostgreSQL database: dumped while others write, and replaced by renaming schemas in one transaction."""

from __future__ import annotations

import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from billing.refusals import Refusal
from bot.backup import postgres_tools
from bot.backup.archive import CHUNK
from bot.backup.place import DatabaseInUse, NothingToBackUp
from bot.backup.postgres_tools import ToolFailed
from storage.database.trouble import DatabaseTrouble, TroubleKind, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from bot.backup.archive import Backup

STAGING: Final = "kvitt_restoring"
"""The schema that a backup is restored in, before it takes the place of the tables in use."""
_MEANWHILE: Final = "kvitt_meanwhile"
_WAIT: Final = 50
"""Tenths of a second that a restore waits for processes that are just ending."""
_OTHERS: Final = """
SELECT coalesce(nullif(application_name, ''), usename::text, '?'), coalesce(host(client_addr), 'this machine')
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
AND coalesce(backend_type, 'client backend') = 'client backend'
"""
_MAY = """
SELECT pg_has_role(nspowner, 'USAGE') AND has_database_privilege(current_database(), 'CREATE')
FROM pg_namespace WHERE nspname = current_schema()
"""


class NotOwner(Refusal):
    """The role may not rename the schema of the tables."""

    def __init__(self, schema: str) -> None:
        super().__init__(
            f"schema {schema}: this role may not replace it: ALTER SCHEMA {schema} OWNER TO the role of "
            "KVITT_DATABASE_URL, and grant it CREATE on the database; nothing was changed"
        )


class PostgreSQLPlace:
    """A PostgreSQL database as the place of a backup or a restore."""

    kind: ClassVar = "postgresql"

    def __init__(self, url: str) -> None:
        """Look up the schema of the tables.

        Raises:
            DatabaseTrouble: the server does not answer.
            NothingToBackUp: the connection has no schema.
        """
        self._url = make_url(url)
        dialect: Any = PGDialect_psycopg  # SQLAlchemy gives it no types
        self._parameters: dict[str, Any] = dialect().create_connect_args(self._url)[1]
        with self._connected() as connection:
            (found,) = connection.execute("SELECT current_schema()").fetchone() or (None,)
        if found is None:
            raise NothingToBackUp(self._url.render_as_string(hide_password=True))
        self.namespace = str(found)
        self._held: psycopg.Connection[Any] | None = None

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            connection = psycopg.connect(**self._parameters, autocommit=True)
        except psycopg.OperationalError as error:
            said = str(error).strip().splitlines()[0].rpartition(" failed: ")[2]
            raise DatabaseTrouble(TroubleKind.AWAY, place_of(self._url), said) from None
        with connection:
            yield connection

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Iterator[bytes]]:
        """A dump of the database as it is at one moment, piece by piece.

        Raises:
            ToolMissing: pg_dump is not installed.
            ToolFailed: it could not dump the database.
        """
        del folder
        arguments = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
        # A schema upgrade that is at work is waited for, but not for ever.
        arguments += ["--lock-wait-timeout=60s", f'--schema="{self.namespace}"']
        with postgres_tools.running(arguments, self._environment()) as read:
            yield _pieces(read)

    def verify(self, backup: Backup) -> None:
        """Let pg_restore list what is in a dump, and read all of it.

        Raises:
            ToolFailed: it cannot be restored.
        """
        backup.check()
        for arguments in (["--list"], ["--file=/dev/null"]):
            with postgres_tools.running(
                ["pg_restore", *arguments], self._environment(), backup.chunks()
            ) as read:
                for _ in _pieces(read):
                    pass

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else is connected to the database at the beginning and at the end.

        Raises:
            DatabaseInUse: a process is connected, on this machine or on another.
            NotOwner: the tables' schema belongs to another role.
        """
        with self._connected() as connection:
            _alone(connection)
            (may,) = connection.execute(_MAY).fetchone() or (False,)
            if not may:
                raise NotOwner(self.namespace)
            self._held = connection
            yield
            self._held = None

    def ask(self, query: str) -> list[tuple[Any, ...]] | None:
        """The rows of a query of the database that is held."""
        assert self._held is not None
        return self._held.execute(query.encode()).fetchall()

    @contextmanager
    def staged(self, backup: Backup, folder: Path) -> Iterator[str]:
        """The backup's tables in a schema of their own beside those in use, as a URL.

        Raises:
            ToolMissing: pg_restore or psql is not installed.
            ToolFailed: it cannot be restored.
        """
        assert self._held is not None
        drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(STAGING))
        self._held.execute(drop)  # what a killed restore left
        try:
            self._load(backup, folder)
            options = str(self._url.query.get("options", ""))
            found = self._url.update_query_dict({"options": f"{options} -csearch_path={STAGING}".strip()})
            yield found.render_as_string(hide_password=False)
        finally:
            if not self._held.closed:
                self._held.execute(drop)

    def _load(self, backup: Backup, folder: Path) -> None:
        """Run the dump as a script in one transaction, in which its schema has its name and then another."""
        assert self._held is not None
        name = backup.manifest.namespace
        there = self._held.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name]).fetchone()
        before = [_renamed(name, _MEANWHILE)] if there else []
        before.append(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        after = [_renamed(name, STAGING), *([_renamed(_MEANWHILE, name)] if there else [])]
        arguments = ["pg_restore", "--no-owner", "--no-privileges", f"--schema={name}", "--file=-"]
        env = self._environment()
        with (
            _script(env, folder) as write,
            postgres_tools.running(arguments, env, backup.chunks()) as read,
        ):
            write(self._lines(sql.SQL("BEGIN"), *before))
            for piece in _pieces(read):
                write(piece)
            # Only a script that came to its end is committed: _script does so when nothing was raised.
            write(self._lines(*after))

    def _lines(self, *statements: sql.Composable) -> bytes:
        assert self._held is not None
        return b"".join(one.as_bytes(self._held) + b";\n" for one in statements)

    def swap(self, folder: Path, now: datetime, *, keep_old: bool) -> str | None:
        """Rename the staged schema to that of the tables; returns the schema that the old ones are kept in.

        Raises:
            DatabaseInUse: a process has connected meanwhile.
        """
        del folder
        assert self._held is not None
        aside = f"kvitt_before_{now:%Y%m%dT%H%M%SZ}".lower()
        _alone(self._held)
        with self._held.transaction():
            self._held.execute(_renamed(self.namespace, aside))
            self._held.execute(_renamed(STAGING, self.namespace))
            kept = keep_old or not self._dropped(aside)
        return f"schema {aside}" if kept else None

    def _dropped(self, schema: str) -> bool:
        """Drop a schema unless something is in it, such as an extension."""
        assert self._held is not None
        try:
            with self._held.transaction():
                self._held.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(schema)))
        except psycopg.errors.DependentObjectsStillExist:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        return postgres_tools.environment(self._parameters)


def _alone(connection: psycopg.Connection[Any]) -> None:
    """Wait a little for connections that are ending; refuse the others by name."""
    for left in reversed(range(_WAIT)):
        others = connection.execute(_OTHERS).fetchall()
        if not others:
            return
        if left:
            time.sleep(0.1)  # noqa: TID251 - a connection's end raises no event here
    shown = ", ".join(sorted({f"{name} on {address}" for name, address in others}))
    raise DatabaseInUse(f"{len(others)} other connection(s) to the database ({shown})")


def _renamed(old: str, new: str) -> sql.Composed:
    return sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))


@contextmanager
def _script(env: dict[str, str], folder: Path) -> Iterator[Any]:
    """A run of psql in one transaction: committed at the end, rolled back if anything was raised.

    Raises:
        ToolMissing: psql is not installed.
        ToolFailed: a statement failed.
    """
    command = [
        postgres_tools.path_of("psql"),
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "--no-password",
        "-f",
        "-",
    ]
    with tempfile.TemporaryFile(dir=folder) as complaints:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints
        )
        assert process.stdin is not None
        try:
            yield process.stdin.write
            process.stdin.write(b"COMMIT;\n")
            process.stdin.close()
            process.wait()
        except BrokenPipeError:
            process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode:
            raise ToolFailed("psql", postgres_tools.first_line(complaints, process.returncode))


def _pieces(read: Any) -> Iterator[bytes]:
    while piece := read(CHUNK):
        yield piece
