"""kvitt serve as a real process, behind which a test asks over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def wait(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds; the test fails if it does not in time."""
    pause = threading.Event()
    for _ in range(int(seconds * 50)):
        if condition():
            return
        pause.wait(0.02)
    pytest.fail("it did not happen in time")


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kvitt(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    """Start a command in a folder; what it prints is in ``output.txt`` there."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    environment = {f"KVITT_{name.upper()}": value for name, value in settings.items()}
    with (folder / "output.txt").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-c", "from bot.cli import main; main()", *arguments],
            cwd=folder,
            env=own | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@contextmanager
def serving(folder: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """``kvitt serve`` on a port until the test is over; it never prints a traceback."""
    process = kvitt(folder, "serve", "--port", str(port), **settings)
    try:
        wait(lambda: process.poll() is not None or _alive(port))
        yield process
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in (folder / "output.txt").read_text(encoding="utf-8")


def _alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def resident_bytes(process: subprocess.Popen[bytes], what: str) -> int:
    """Bytes of a process's memory on Linux: ``VmRSS`` now, or ``VmHWM`` at most."""
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(what)
