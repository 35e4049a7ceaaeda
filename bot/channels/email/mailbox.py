"""The mailbox for answers and bounces, read over IMAP. Blocking, so it is called from a thread."""

from __future__ import annotations

import imaplib
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.channels.email.server import Server

AT_ONCE: Final = 50
"""The most e-mails read in one visit; the next visit goes on."""
LARGEST: Final = 10 * 1024 * 1024
"""The most bytes fetched of one e-mail, from its beginning."""
_TROUBLES = (imaplib.IMAP4.error, OSError)


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; the next visit tries again."""


class Mailbox:
    """One folder of one account. ``timeout`` is seconds; ``tls`` replaces the system's trust."""

    def __init__(self, server: Server, *, timeout: float = 20, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._timeout = timeout
        self._tls = tls

    def take(self, store: Callable[[bytes], object]) -> int:
        """Hand every unread e-mail to ``store``, and mark it read once that has returned; how many.

        What ``store`` raises on stays unread and is flagged, so that it is looked at by a person and
        holds nothing up. A process that dies in between leaves it unread: it is handed over again.

        Raises:
            MailboxTrouble: the server cannot be reached, or does not let us in.
        """
        with self._entered() as imap:
            found = self._ask(imap, "SEARCH", "UNSEEN", "UNFLAGGED")
            wanted = b" ".join(line for line in found if isinstance(line, bytes)).split()[:AT_ONCE]
            for number in wanted:
                self._one(imap, number.decode(), store)
            return len(wanted)

    def probe(self) -> None:
        """Log in and out again, as a check.

        Raises:
            MailboxTrouble: the server cannot be reached, or does not let us in.
        """
        with self._entered():
            pass

    def _one(self, imap: imaplib.IMAP4, number: str, store: Callable[[bytes], object]) -> None:
        answer = self._ask(imap, "FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")
        raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
        if raw is None:
            return  # another reader of the mailbox removed it in between
        try:
            store(raw)
        except UnreadableEmail:
            self._ask(imap, "STORE", number, "+FLAGS.SILENT", "(\\Flagged)")
        else:
            self._ask(imap, "STORE", number, "+FLAGS.SILENT", "(\\Seen)")

    @contextmanager
    def _entered(self) -> Iterator[imaplib.IMAP4]:
        try:
            imap = self._connected()
        except _TROUBLES as error:
            raise MailboxTrouble(type(error).__name__) from error
        try:
            imap.login(self._server.user, self._server.password)
            folder = self._server.folder.replace("\\", "\\\\").replace('"', '\\"')
            if imap.select(f'"{folder}"')[0] != "OK":
                raise MailboxTrouble("no_folder")
            yield imap
        except _TROUBLES as error:
            raise MailboxTrouble(type(error).__name__) from error
        finally:
            with suppress(*_TROUBLES):
                imap.logout()
            with suppress(*_TROUBLES):
                imap.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        server = self._server
        trust = self._tls or ssl.create_default_context()
        if server.tls:
            return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=trust, timeout=self._timeout)
        imap = imaplib.IMAP4(server.host, server.port, timeout=self._timeout)
        if server.upgrade:
            try:
                imap.starttls(trust)
            except BaseException:
                imap.shutdown()
                raise
        return imap

    @staticmethod
    def _ask(imap: imaplib.IMAP4, command: str, *arguments: str) -> list[bytes | tuple[bytes, bytes] | None]:
        status, answer = imap.uid(command, *arguments)
        if status != "OK":
            raise MailboxTrouble(command.lower())
        found: list[bytes | tuple[bytes, bytes] | None] = answer
        return found


class UnreadableEmail(Exception):
    """An e-mail that cannot be parsed; raised by the reader of e-mails."""
