"""A real IMAP server on loopback (pymap, in memory), in a process of its own."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from tests.fakes.smtp_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST: Final = "127.0.0.1"
USER: Final = "bills"
PASSWORD: Final = "m:a/i?l"
_MAIN: Final = "import sys; from pymap.main import main; sys.exit(main())"


class ImapServer:
    """One account with an inbox; use it as a context manager. ``chain`` and ``key`` make it speak TLS."""

    def __init__(self, chain: Path | None = None, key: Path | None = None) -> None:
        self._tls = ["--cert", str(chain), "--key", str(key)] if chain and key else ["--no-tls"]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """The value for KVITT_IMAP_URL."""
        return f"imap://{USER}:m%3Aa%2Fi%3Fl@{HOST}:{self.port}/INBOX"

    @property
    def flags(self) -> list[str]:
        """The flags of every e-mail in the inbox, in order: ``""``, ``Seen``, ``Flagged``."""
        with self._entered() as imap:
            answer = imap.uid("FETCH", "1:*", "(FLAGS)")[1]
        lines = [line.decode() for line in answer if isinstance(line, bytes)]
        return [" ".join(sorted(re.findall(r"\\(Seen|Flagged)", line))) for line in lines]

    def arrives(self, raw: bytes) -> None:
        """Put an e-mail into the inbox."""
        with self._entered() as imap:
            imap.append("INBOX", "", "", raw)

    def __enter__(self) -> Self:
        arguments = ["--host", HOST, "--port", str(self.port), *self._tls, "--no-service", "admin"]
        account = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *arguments, *account],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        _wait_for(self.port, self._process)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.communicate()

    @contextmanager
    def _entered(self) -> Iterator[imaplib.IMAP4]:
        imap = imaplib.IMAP4(HOST, self.port, timeout=20)
        if "--no-tls" not in self._tls:
            imap.starttls(ssl._create_unverified_context())  # noqa: S323 - our own process on loopback
        try:
            imap.login(USER, PASSWORD)
            imap.select("INBOX")
            yield imap
        finally:
            imap.logout()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        assert process.poll() is None, process.communicate()[0].decode()
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        pause.wait(0.02)
    raise AssertionError("the IMAP server does not listen")
