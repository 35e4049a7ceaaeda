"""Where a mail server is, and how it is entered: ``smtps://user:password@mail.example.org``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS: Final = {"smtp": 587, "smtps": 465, "imap": 143, "imaps": 993}


@dataclass(frozen=True, slots=True)
class Server:
    """One mail server. ``tls`` is from the first byte; ``upgrade`` means that STARTTLS must come first."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool
    upgrade: bool = False
    folder: str = "INBOX"


def server_at(url: str) -> Server:
    """The server of a URL, whose parts are percent-decoded; only this machine is spoken to in the clear.

    The settings have checked it.
    """
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme.endswith("s")
    return Server(
        host=host,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        upgrade=not tls and host not in LOOPBACK,
        folder=unquote(parts.path.lstrip("/")) or "INBOX",
    )
