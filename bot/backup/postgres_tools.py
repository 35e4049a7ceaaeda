"""PostgreSQL's own programs for backups, run so that no password is on a command line or in a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, Final

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_SHOWN: Final = 200


class ToolMissing(Refusal):
    """A program of PostgreSQL's is not installed here."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not on the PATH: install PostgreSQL's client programs, of the server's release "
            "or newer"
        )


class ToolFailed(Refusal):
    """A program of PostgreSQL's ended with an error."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} failed ({why}); nothing was changed")


def path_of(name: str) -> str:
    """Where a program is.

    Raises:
        ToolMissing: it is not on the PATH.
    """
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(name)
    return found


def environment(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The environment in which a program reaches the database: who can list processes sees no password.

    Raises:
        ToolFailed: the address has a part that PostgreSQL's programs take on no other way.
    """
    from psycopg.pq import Conninfo  # noqa: PLC0415 - slow to load, and SQLite needs none of it

    names = {
        option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar
    }
    given: dict[str, str] = {}
    for name, value in parameters.items():
        if name not in names:
            raise ToolFailed("pg_dump", f"KVITT_DATABASE_URL has {name}, which its environment does not take")
        given[names[name]] = str(value)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "KVITT_"))}
    # Files that libpq reads by itself stay where the operator put them.
    files = {name: os.environ[name] for name in ("PGPASSFILE", "PGSSLROOTCERT") if name in os.environ}
    return kept | files | given | {"PGAPPNAME": "kvitt backup"}


@contextmanager
def running(
    arguments: list[str], env: Mapping[str, str], fed: Iterable[bytes] | None = None
) -> Iterator[Callable[[int], bytes]]:
    """Run a program, fed with pieces; gives what reads its output. Its success is checked at the end.

    Raises:
        ToolMissing: it is not installed.
        ToolFailed: it ended with an error.
    """
    name, stdin = arguments[0], subprocess.DEVNULL if fed is None else subprocess.PIPE
    command = [path_of(name), *arguments[1:]]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own programs
            command, env=dict(env), stdin=stdin, stdout=subprocess.PIPE, stderr=complaints
        )
        feeder = _Feeder(process.stdin, fed) if fed is not None else None
        assert process.stdout is not None
        try:
            yield process.stdout.read
        except BaseException:
            process.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                process.stdout.close()
            process.wait()
            if feeder:
                feeder.join()
        if feeder and feeder.failure:
            raise feeder.failure
        if process.returncode:
            raise ToolFailed(name, first_line(complaints, process.returncode))


class _Feeder(Thread):
    """Feeds a program while its output is read, so that neither waits for the other for ever."""

    def __init__(self, pipe: IO[bytes] | None, pieces: Iterable[bytes]) -> None:
        super().__init__(daemon=True)
        assert pipe is not None
        self._pipe, self._pieces = pipe, pieces
        self.failure: Exception | None = None
        self.start()

    def run(self) -> None:
        """Feed all pieces; a program that has read enough closes the pipe."""
        try:
            for piece in self._pieces:
                self._pipe.write(piece)
        except BrokenPipeError:
            pass
        except Exception as error:  # noqa: BLE001 - raised again by the one who waits
            self.failure = error
        finally:
            with suppress(BrokenPipeError):
                self._pipe.close()


def first_line(complaints: IO[bytes], code: int) -> str:
    """The first line a program complained with, and a detail about releases; others may quote rows."""
    complaints.seek(0)
    lines = complaints.read(1 << 16).decode(errors="replace").splitlines()
    said = [line.strip()[:_SHOWN] for line in lines if line.strip()]
    releases = [line for line in said[1:] if "server version:" in line]
    return ": ".join([*said[:1], *releases]) or f"exit code {code}"
