"""The processes that are measured: ``kvitt serve`` in a folder of its own, and the floor."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.keys import TEXTS
from benchmarks.turns.conversation import ACCOUNT, NUMBER, PUBLIC, TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

ROOT: Final = Path(__file__).resolve().parents[2]
SETTINGS: Final = """policy = "us"
public_url = "{public}"
twilio_account_sid = "{account}"
twilio_auth_token = "{token}"
twilio_from = "{number}"
twilio_api_url = "{api}"

[creditor]
name = "Elm Street Clinic"
"""


class NotStarted(RuntimeError):
    """A process ended before it listened."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process that listens."""

    port: int
    process: subprocess.Popen[bytes]
    profiled: bool

    def begin_profile(self) -> None:
        """Sample from here on, if it is profiled at all."""
        if self.profiled:
            self.process.send_signal(signal.SIGUSR1)

    def begin_run(self) -> None:
        """Begin the floor's due run."""
        self.process.send_signal(signal.SIGUSR1)


class Site:
    """A folder with settings, and what runs in it on one database."""

    def __init__(self, folder: Path, url: str, api_url: str, more: str = "") -> None:
        self.folder = folder
        self.url = url
        settings = SETTINGS.format(public=PUBLIC, account=ACCOUNT, token=TOKEN, number=NUMBER, api=api_url)
        (folder / "kvitt.toml").write_text(more + settings, encoding="utf-8")

    def run(self, *arguments: str) -> None:
        """Run a command of ours to its end."""
        command = [sys.executable, "-m", "benchmarks.turns.serving", *arguments]
        done = subprocess.run(  # noqa: S603 - our own program
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotStarted(f"kvitt {' '.join(arguments)}: {done.stdout}{done.stderr}")

    @asynccontextmanager
    async def serving(
        self, profile: Path | None = None, now: datetime | None = None
    ) -> AsyncIterator[Running]:
        """``kvitt serve``, as if it were ``now``; what it computes can be sampled into a file."""
        port = _free_port()
        more = _at(now) | ({"KVITT_BENCH_PROFILE": str(profile)} if profile else {})
        async with self._running(port, more, "serving", "serve", "--port", str(port)) as running:
            yield running

    @asynccontextmanager
    async def floor(self, now: datetime | None = None) -> AsyncIterator[Running]:
        """The floor; with ``now`` it can begin a due run of that moment."""
        port = _free_port()
        async with self._running(port, _at(now), "floor", str(port)) as running:
            yield running

    @asynccontextmanager
    async def _running(
        self, port: int, more: dict[str, str], name: str, *arguments: str
    ) -> AsyncIterator[Running]:
        log = self.folder / f"{name}.log"
        with log.open("a", encoding="utf-8") as output:
            process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program, and nothing is measured yet
                [sys.executable, "-m", f"benchmarks.turns.{name}", *arguments],
                cwd=self.folder,
                env=self._environment() | more,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            await _until_listening(port, process)
            yield Running(port, process, "KVITT_BENCH_PROFILE" in more)
        except Exception as error:
            error.add_note(f"{name} said: {log.read_text(encoding='utf-8')[-2000:]}")
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
        keys = {"KVITT_KEY": TEXTS.rows[0], "KVITT_STOPS_KEY": TEXTS.stops}
        return own | keys | {"KVITT_DATABASE_URL": self.url, "PYTHONPATH": str(ROOT)}


def _at(now: datetime | None) -> dict[str, str]:
    return {"KVITT_BENCH_NOW": now.isoformat()} if now else {}


async def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    while not await _listens(port):
        if process.poll() is not None:
            raise NotStarted(f"it ended with {process.returncode} before it listened")
        await asyncio.sleep(0.05)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
