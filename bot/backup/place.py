"""The place of a backup or a restore: what both kinds of databases can do, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from bot.backup.archive import Backup


class NothingToBackUp(Refusal):
    """There is no database of Kvitt's to back up."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where}: there is no database of Kvitt's to back up (KVITT_DATABASE_URL)")


class DatabaseInUse(Refusal):
    """Processes work on the database that would be replaced."""

    def __init__(self, who: str) -> None:
        super().__init__(
            f"{who}: end every process of Kvitt (serve, worker, web and commands, on every machine), "
            "then restore; nothing was changed"
        )


class NotWholeCopy(Refusal):
    """A database has damaged pages."""

    def __init__(self, file: Path, found: str) -> None:
        super().__init__(f"{file}: the database is damaged ({found}): restore the last good backup")


class DatabasePlace(Protocol):
    """A database as the place of a backup or a restore."""

    kind: ClassVar[str]

    @property
    def namespace(self) -> str:
        """PostgreSQL's schema of the tables; empty for SQLite."""

    def copied(self, folder: Path) -> AbstractContextManager[Iterator[bytes]]:
        """A copy of the database at one moment, piece by piece; ``folder`` is to work in."""

    def verify(self, backup: Backup) -> None:
        """Check a backup that was written, by the database's own means."""

    def held(self) -> AbstractContextManager[None]:
        """Keep everybody else from the database; refused while a process uses it."""

    def ask(self, query: str) -> list[tuple[Any, ...]] | None:
        """The rows of a query of the database that is held; None if it cannot be read."""

    def staged(self, backup: Backup, folder: Path) -> AbstractContextManager[str]:
        """The URL of the backup's database, beside the one that it will replace."""

    def swap(self, folder: Path, now: datetime, *, keep_old: bool) -> str | None:
        """Put the staged database in place in one step; returns where the old one is kept."""
