"""What most commands need: settings, an installation, a database, the time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.refusals import Refusal
from bot import settings, wiring
from bot.cli import token_file
from bot.clock import Clock, system_clock
from handlers.context import Context
from handlers.desk import signing_in
from handlers.rights import NOBODY

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

    def who(self, session: Session) -> str:
        """Who acts, by the token they show: what a person decides is asked for it before anything is done.

        Raises:
            billing.refusals.Refusal: nobody is signed in.
        """
        return signing_in.who(session, token_file.token()).name

    def sign_in(self) -> str:
        """Who acts, as :meth:`who`, where a command works with several transactions."""
        with self.database.read() as session:
            return self.who(session)

    def who_if_anybody(self) -> str:
        """Who is named for what needs nobody, as an import: the user whose token is there, or nobody."""
        try:
            return self.sign_in()
        except Refusal:
            return NOBODY

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
