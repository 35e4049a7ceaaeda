"""What most commands need: settings, an installation, a database, the time."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.calendar import local_day
from bot import settings, wiring
from bot.clock import Clock, system_clock
from handlers.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from bot.settings import Settings
    from handlers.installation import Installation
    from storage.database.transaction import Database


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The opened database, settings and installation that a command works with."""

    settings: Settings
    installation: Installation
    database: Database
    now: datetime
    clock: Clock = system_clock

    @property
    def today(self) -> date:
        """Today in the creditor's time zone."""
        return local_day(self.now, self.installation.creditor.zone)

    def context(self, session: Session) -> Context:
        """The context of a transaction."""
        return Context(session, self.installation, self.clock)


@contextmanager
def opened() -> Iterator[CommandContext]:
    """Open the installation for one command."""
    loaded = settings.load()
    installation, database = wiring.build_installation(loaded), wiring.open_database(loaded)
    try:
        yield CommandContext(loaded, installation, database, system_clock())
    finally:
        database.close()


def who() -> str:
    """The operating system's user who opened this terminal, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
