"""Incoming e-mail, from the mailbox or a pipe: stored first, answered after that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channels.email import incoming
from bot.channels.email.mailbox import MailboxTrouble, UnreadableEmail
from bot.outages import Outage
from handlers import logs
from handlers.arrivals import Arrival, DeliveryReport
from handlers.context import Context
from handlers.conversation import turn
from handlers.delivery import results

if TYPE_CHECKING:
    from bot.channels.email.mailbox import Mailbox
    from bot.clock import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database


class Mailroom:
    """Reads and stores inbound e-mails. ``ours`` is our sender address; without a mailbox, pipes deliver."""

    def __init__(
        self, database: Database, installation: Installation, clock: Clock, ours: str, mailbox: Mailbox | None
    ) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._ours = ours
        self._mailbox = mailbox
        self._away = Outage("mailbox.trouble", "mailbox.back")

    def visit(self) -> int:
        """Fetch new e-mail from the mailbox; returns how many. A mailbox in trouble is tried again later."""
        if self._mailbox is None:
            return 0
        try:
            found = self._mailbox.take(self.store)
        except MailboxTrouble as trouble:
            self._away.failed(why=str(trouble))
            return 0
        self._away.worked()
        return found

    def store(self, raw: bytes) -> str:
        """Store one raw e-mail and return what it was, for the operator. Storing it twice changes nothing.

        Raises:
            Unreadable: it is no e-mail that can be read.
        """
        now = self._clock()
        try:
            found = incoming.read(raw, self._ours, now)
        except Exception as error:
            logs.logger().warning("mail.unreadable", error=type(error).__name__)
            raise UnreadableEmail(type(error).__name__) from error
        match found:
            case Arrival():
                return self._arrived(found)
            case DeliveryReport():
                with self._database.write() as session:
                    results.take_report(Context(session, self._installation, self._clock), found)
                return f"report, {found.fate.value}"
        return f"ignored, {found.why.replace('_', ' ')}"

    def _arrived(self, arrival: Arrival) -> str:
        with self._database.write() as session:
            kept = turn.receive(Context(session, self._installation, self._clock), arrival)
        return "kept, to be answered" if kept is not None else "known already"
