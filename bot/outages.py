"""What is away and comes back: said once when it goes and once when it is back, however often it is tried."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from handlers import logs
from storage.database import trouble

if TYPE_CHECKING:
    from storage.database.transaction import Database
    from storage.database.trouble import DatabaseTrouble

_CODE: Final = re.compile(r"[A-Za-z0-9_]{1,40}")


class Outage:
    """One thing outside that this process needs: a provider, a mailbox, the database.

    ``went`` and ``back`` are the lines of the log. It is back when it works and has not failed for ``quiet``
    seconds: a busy provider takes one message and refuses the next.
    """

    def __init__(self, went: str, back: str, quiet: float = 0.0, **fields: str) -> None:
        self._went, self._back, self._quiet, self._fields = went, back, quiet, fields
        self._since: float | None = None
        self._failed_at = 0.0

    def failed(self, **why: str) -> None:
        """Note that it failed, and why: sentences or codes of ours."""
        self._failed_at = time.monotonic()
        if self._since is None:
            self._since = self._failed_at
            logs.logger().warning(self._went, **self._fields, **why)

    def worked(self) -> None:
        """Note that it works."""
        now = time.monotonic()
        if self._since is not None and now >= self._failed_at + self._quiet:
            seconds, self._since = round(now - self._since), None
            logs.logger().warning(self._back, **self._fields, after_seconds=seconds)


def say_when_away(database: Database) -> None:
    """From here on log when the database is in trouble and when it works again."""
    outage = Outage("database.trouble", "database.back")

    def heard(found: DatabaseTrouble | None) -> None:
        if found is None:
            outage.worked()
        else:
            outage.failed(why=str(found))

    database.health.listener = heard


def log_failure(event: str, error: Exception, **fields: object) -> None:
    """Log work that failed and is tried again; trouble of the database is said once for all work instead."""
    if trouble.kind_of(error) is None:
        logs.logger().error(event, **fields, **logs.about(error))


def code(found: str) -> str:
    """A provider's code for the log: what is no code may quote anything, and is left out."""
    return found if _CODE.fullmatch(found) else "unreadable"
