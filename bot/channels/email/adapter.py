"""Outgoing e-mail: one message, one SMTP session with the operator's mail server."""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPResponseException,
    SMTPTimeoutError,
)

from billing.accounts.channels import Channel
from bot.channel import Accepted, InDoubt, RefusalReason, Refused, Trace, TryLater
from bot.channels.email.answers import SOON, SmtpStage, answer_to
from bot.channels.email.mime import compose, message_id

if TYPE_CHECKING:
    from bot.channel import Envelope, Sent
    from bot.channels.email.mime import Sender
    from bot.channels.email.server import Server

ADDRESS: Final = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9.-]{1,250}", re.ASCII)
"""Addresses that we write to: no quoted local parts, no domains in brackets, ASCII only."""


class EmailChannel:
    """Sends through one mail server. ``timeout`` is in seconds; ``tls`` replaces the system's trust store."""

    name: Final = Channel.EMAIL

    def __init__(
        self, server: Server, sender: Sender, *, timeout: float = 20, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout
        self._tls = tls

    async def send(self, envelope: Envelope) -> Sent:
        """Hand the message to the server, once."""
        if not ADDRESS.fullmatch(envelope.address):
            return Refused(RefusalReason.ADDRESS, "malformed")
        if not envelope.text.strip() or len(envelope.text) > self.name.capabilities.longest:
            return Refused(RefusalReason.CONTENT, "length")
        try:
            mail = compose(envelope, self._sender).as_bytes()
        except ValueError:
            return Refused(RefusalReason.CONTENT, "encoding")
        return await self._hand_over(envelope, mail)

    async def trace(self, envelope: Envelope) -> Accepted | Trace:  # noqa: ARG002 - the protocol
        """SMTP cannot look up a message sent before, so a message in doubt stays in doubt."""
        return Trace.CANNOT_TELL

    async def probe(self) -> None:
        """Log in to the server and out again, as a check.

        Raises:
            OSError: it cannot be reached, or does not let us in; ``aiosmtplib``'s own errors are such.
        """
        smtp = self._client()
        try:
            await smtp.connect()
        finally:
            smtp.close()

    async def close(self) -> None:
        """No connection is kept between messages."""

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls,
            start_tls=server.upgrade,
            local_hostname=self._sender.domain,
            timeout=self._timeout,
            tls_context=self._tls or (ssl.create_default_context() if server.tls or server.upgrade else None),
        )

    async def _hand_over(self, envelope: Envelope, mail: bytes) -> Sent:
        """One SMTP session; only a connection lost after DATA began leaves the message in doubt."""
        smtp, stage = self._client(), SmtpStage.GREETING
        try:
            await smtp.connect()
            stage = SmtpStage.SENDER
            await smtp.mail(self._sender.address)
            stage = SmtpStage.RECIPIENT
            await smtp.rcpt(envelope.address)
            stage = SmtpStage.TEXT
            await smtp.data(mail)
        except (SMTPException, OSError) as error:
            return _answer(error, stage)
        else:
            return Accepted(message_id(envelope.reference, self._sender))
        finally:
            with suppress(SMTPException, OSError):
                await smtp.quit()
            smtp.close()


def _answer(error: SMTPException | OSError, stage: SmtpStage) -> Refused | TryLater | InDoubt:
    """The outcome that a failed session proves."""
    if isinstance(error, SMTPResponseException):
        return answer_to(error.code, error.message, stage)
    late = isinstance(error, SMTPTimeoutError)
    if stage is SmtpStage.TEXT:
        return InDoubt("read_timeout" if late else "connection_lost")
    if _untrusted(error):
        return Refused(RefusalReason.CONFIGURATION, "certificate")
    if isinstance(error, OSError):
        return TryLater(SOON, "connect_timeout" if late else "unreachable")
    return Refused(RefusalReason.CONFIGURATION, "not_supported")  # no STARTTLS, no way to log in


def _untrusted(error: BaseException | None) -> bool:
    """Whether another host answered in place of the server: the certificate is not the server's."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
