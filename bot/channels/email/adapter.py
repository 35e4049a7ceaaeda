"""E-mail as a way out: one message, one talk with the operator's mail server."""

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

LONGEST: Final = 20_000
"""Characters in one message: far more than is ever said, far less than a server minds."""

ADDRESS: Final = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[A-Za-z0-9.-]{1,250}", re.ASCII)
"""What we write to: no quoted local parts, no domains in brackets, no letters beyond ASCII."""


class EmailChannel:
    """A way out through one mail server. ``timeout`` is seconds; ``tls`` replaces the system's trust."""

    name: Final = Channel.EMAIL
    has_buttons: Final = False
    longest: Final = LONGEST

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
        if not envelope.text.strip() or len(envelope.text) > LONGEST:
            return Refused(RefusalReason.CONTENT, "length")
        try:
            mail = compose(envelope, self._sender).as_bytes()
        except ValueError:
            return Refused(RefusalReason.CONTENT, "encoding")
        return await self._hand_over(envelope, mail)

    async def trace(self, envelope: Envelope) -> Accepted | Trace:  # noqa: ARG002 - the protocol
        """No mail server says what it took before."""
        return Trace.CANNOT_TELL

    async def probe(self) -> None:
        """Enter the server and leave again.

        Raises:
            OSError: it cannot be reached, or does not let us in; ``aiosmtplib``'s own errors are such.
        """
        smtp = self._client()
        try:
            await smtp.connect()
        finally:
            smtp.close()

    async def close(self) -> None:
        """Nothing is held on to between messages."""

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
        """One talk; only a connection lost once the text was begun leaves a doubt."""
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
    """What a failed talk proves."""
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
    """Whether somebody else answered where the server should: its certificate is not theirs."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
