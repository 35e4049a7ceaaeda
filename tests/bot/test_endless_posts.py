"""What is posted without end costs ``kvitt serve`` no memory."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from tests.fakes.serving import free_port, resident_bytes, serving

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024
POSTED = 200 * MIB
PATHS = (
    "/webhooks/twilio/messages",
    "/webhooks/stripe",
    "/webhooks/telegram",
    "/webhooks/email/unsubscribe",
    "/b/nobodys",
    "/nowhere",
)


def _post(port: int, path: str) -> tuple[int, str]:
    """Post 200 MB in chunks for as long as they are taken; the bytes that left, and the first line back."""
    chunk = b"%x\r\n%s\r\n" % (MIB, b"x" * MIB)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(head.encode())
            while sent < POSTED:
                connection.sendall(chunk)
                sent += MIB
        return sent, connection.recv(4096).decode().partition("\r\n")[0]


@pytest.mark.slow
def test_a_post_without_end_costs_no_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """200 MB in chunks, unsigned, to every kind of address: 413 early, and less than 20 MB at the most."""
    port = free_port()
    settings = {
        "public_url": "https://bills.example.org",
        "secret_key": "s3cret",
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "token",
        "twilio_from": "+15035550100",
        "stripe_secret_key": "sk_test",
        "stripe_webhook_secret": "whsec_test",
    }
    with serving(tmp_path, port, **settings) as process:
        before = resident_bytes(process, "VmRSS")
        for path in PATHS:
            sent, answer = _post(port, path)
            assert answer.startswith("HTTP/1.1 413 "), (path, sent, answer)
            assert sent < POSTED / 4, path
        rise = resident_bytes(process, "VmHWM") - before
    with capsys.disabled():
        print(f"\nRSS {before / MIB:.1f} MiB before, at most {rise / MIB:.1f} MiB more")  # noqa: T201
    assert rise < 20 * MIB
