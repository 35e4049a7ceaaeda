"""A real SMTP server on loopback: accepts e-mails, and misbehaves as scripted."""

from __future__ import annotations

import asyncio
import socket
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Final, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"
USER: Final = "kvitt"
PASSWORD: Final = "p:a/s?s"


class SmtpServer:
    """One mail server with one account; use it as a context manager, or start and stop it."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> None:
        self.taken: list[tuple[str, bytes]] = []
        """Recipient and e-mail of all it took, oldest first."""
        self.encrypted: list[bool] = []
        """Whether each e-mail it took came over an encrypted line."""
        self.refusals: dict[str, str] = {}
        """What it answers at a stage (``sender``, ``recipient``, ``text``) instead of taking anything."""
        self.hang_up = False
        """Take the e-mail, and break the line before saying so."""
        self.port = free_port()
        self._tls = tls
        self._implicit = implicit
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def mails(self) -> list[EmailMessage]:
        """The e-mails it accepted, parsed."""
        return [message_from_bytes(raw, policy=policy.default) for _, raw in self.taken]

    def start(self) -> None:
        """Listen."""
        self._controller = Controller(
            self,
            hostname=HOST,
            port=self.port,
            ready_timeout=20,
            ssl_context=self._tls if self._implicit else None,
            tls_context=None if self._implicit else self._tls,
            require_starttls=bool(self._tls) and not self._implicit,
            auth_require_tls=False,
            authenticator=self._enter,
            server_hostname="mail.example",
        )
        self._controller.start()

    def stop(self) -> None:
        """Stop listening; what was accepted can still be read."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @staticmethod
    def _enter(
        _server: SMTP, _session: Session, _envelope: Envelope, _way: str, credentials: Any
    ) -> AuthResult:
        good = (credentials.login, credentials.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A sender is named; nobody unknown may."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.refusals.get("sender", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """A recipient is named."""
        if "recipient" not in self.refusals:
            envelope.rcpt_tos.append(address)
        return self.refusals.get("recipient", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The e-mail itself."""
        if "text" in self.refusals:
            return self.refusals["text"]
        assert isinstance(envelope.content, bytes)
        encrypted = self._implicit or session.ssl is not None
        self.encrypted.append(encrypted)
        self.taken.append((envelope.rcpt_tos[0], envelope.content))
        if self.hang_up:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"


def free_port() -> int:
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
