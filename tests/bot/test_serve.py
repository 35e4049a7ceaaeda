"""kvitt serve, as a real process between a Twilio and a Telegram of our own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.serving import free_port, wait
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.twilio_server import TwilioServer
from tests.keys import KEY, STOPS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CUSTOMER = "customer_id,name,birth_date,phone,country,region\n1,Ada Lind,1980-02-28,+15035550142,US,CA\n"
BILL = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-01-01,2026-02-01,USD,600.00\n"
MESSAGES = "/webhooks/twilio/messages"


@contextmanager
def _running(folder: Path, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    given = {"key": KEY, "stops_key": STOPS_KEY} | settings
    environment = {f"KVITT_{name.upper()}": value for name, value in given.items()}
    process = subprocess.Popen(
        [sys.executable, "-c", "from bot.cli import main; main()", *arguments],
        cwd=folder,
        env=own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_customer_is_answered_on_both_channels(tmp_path: Path) -> None:
    """A signed webhook and a polled update are answered over real HTTP; SIGTERM ends it cleanly."""
    (tmp_path / "customers.csv").write_text(CUSTOMER)
    (tmp_path / "bills.csv").write_text(BILL)
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with TwilioServer() as twilio, TelegramServer() as telegram:
        settings = {
            "public_url": public,
            "twilio_account_sid": twilio.account_sid,
            "twilio_auth_token": twilio.auth_token,
            "twilio_from": twilio.number,
            "twilio_api_url": twilio.url,
            "telegram_token": telegram.token,
            "telegram_api_url": telegram.url,
        }
        with _running(tmp_path, "import", "customers.csv", "bills.csv") as importing:
            assert importing.wait(60) == 0
        with _running(tmp_path, "serve", "--port", str(port), **settings) as serving:
            wait(lambda: _alive(public))
            for text in ("what do I owe?", "1980-02-28"):
                before = len(twilio.messages)
                twilio.post(f"{public}{MESSAGES}", twilio.inbound_form("+15035550142", text))
                wait(lambda before=before: len(twilio.messages) > before)  # type: ignore[misc]
            telegram.customer_writes(77, "hello")
            telegram.wait_for(lambda server: server.sent, 20)
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(20) == 0
            assert serving.stdout
            assert "Traceback" not in serving.stdout.read()
    assert "$600.00" in twilio.messages[-1].body
    assert twilio.messages[-1].to == "+15035550142"
    assert "assistant" in telegram.sent[0].text


@pytest.mark.slow
def test_worker_and_web_share_the_work(tmp_path: Path) -> None:
    """One process takes what comes in, another sends it, on one database."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with TwilioServer() as twilio:
        settings = {
            "database_url": f"sqlite:///{tmp_path / 'shared.db'}",
            "public_url": public,
            "twilio_account_sid": twilio.account_sid,
            "twilio_auth_token": twilio.auth_token,
            "twilio_from": twilio.number,
            "twilio_api_url": twilio.url,
        }
        with _running(tmp_path, "web", "--port", str(port), **settings):
            wait(lambda: _alive(public))
            with _running(tmp_path, "worker", **settings) as worker:
                answer = twilio.post(f"{public}{MESSAGES}", twilio.inbound_form("+15035550142", "hello"))
                assert answer.status_code == 200
                wait(lambda: twilio.messages)
                worker.send_signal(signal.SIGINT)
                assert worker.wait(20) == 0


def test_an_address_of_ipv6_is_said_as_an_address(tmp_path: Path) -> None:
    """What a process says where it listens can be opened."""
    port = free_port()
    with _running(tmp_path, "web", "--host", "::1", "--port", str(port)) as web:
        assert web.stdout is not None
        said = next(line for line in web.stdout if "listening" in line)
        assert httpx.get(f"http://[::1]:{port}/healthz").status_code == 200
    assert f"listening on http://[::1]:{port};" in said


def test_polling_belongs_to_serve(tmp_path: Path) -> None:
    """Two processes cannot poll one bot: worker and web say what to do instead."""
    with _running(tmp_path, "worker", telegram_token="1:t") as worker:
        printed = worker.communicate(timeout=30)[0]
    assert worker.returncode == 1
    assert "KVITT_TELEGRAM_MODE" in printed


def _alive(public: str) -> bool:
    try:
        return httpx.get(f"{public}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
