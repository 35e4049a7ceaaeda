"""The providers of our own refuse what the real ones refuse."""

from __future__ import annotations

import socket
import struct
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests

from billing.accounts.channels import Channel
from bot.channel import RefusalReason, Refused
from bot.channels.twilio import TwilioChannel
from tests.bot.channels.line import open_line
from tests.bot.channels.twilio_rig import TwilioRig
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.twilio_server import TwilioServer
from tests.fakes.twilio_webhooks import ACCOUNT, NUMBER, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    """A Telegram of our own."""
    with TelegramServer() as server:
        yield server


def _ask(telegram: TelegramServer, method: str, asked: Mapping[str, object]) -> tuple[int, str]:
    answer = requests.post(f"{telegram.url}/bot{telegram.token}/{method}", json=asked, timeout=5)
    return answer.status_code, answer.json().get("description", "")


@pytest.mark.parametrize(
    ("method", "asked", "refusal"),
    [
        ("sendSmoke", {}, (404, "Not Found")),
        (
            "sendMessage",
            {
                "chat_id": 1,
                "text": "hi",
                "reply_markup": {"inline_keyboard": [[{"text": "Yes", "callback_data": "x" * 65}]]},
            },
            (400, "Bad Request: BUTTON_DATA_INVALID"),
        ),
        (
            "editMessageReplyMarkup",
            {"chat_id": 1, "message_id": 99},
            (400, "Bad Request: message to edit not found"),
        ),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1"},
            (400, "Bad Request: query is too old or query ID is invalid"),
        ),
    ],
)
def test_telegram_refuses_what_it_cannot_do(
    telegram: TelegramServer, method: str, asked: Mapping[str, object], refusal: tuple[int, str]
) -> None:
    """A method, a button, a message or a press that is none is answered as the Bot API answers."""
    assert refusal == _ask(telegram, method, asked)


def test_telegram_is_not_polled_beside_a_webhook(telegram: TelegramServer) -> None:
    """Updates go one way at a time."""
    assert _ask(telegram, "setWebhook", {"url": "https://kvitt.example/"}) == (200, "")
    assert _ask(telegram, "getUpdates", {})[0] == 409
    assert _ask(telegram, "deleteWebhook", {}) == (200, "")
    assert _ask(telegram, "getUpdates", {}) == (200, "")


@pytest.mark.parametrize(
    ("account", "token", "number", "answer"),
    [
        (ACCOUNT, "another", NUMBER, Refused(RefusalReason.CONFIGURATION, "20003")),
        (ACCOUNT[:-1] + "2", TOKEN, NUMBER, Refused(RefusalReason.CONFIGURATION, "20003")),
        (ACCOUNT, TOKEN, "+14155550199", Refused(RefusalReason.SENDER, "21606")),
    ],
)
def test_twilio_refuses_strangers(account: str, token: str, number: str, answer: Refused) -> None:
    """Another account, token or sender gets nothing through."""
    make = partial(TwilioChannel, Channel.SMS, status_url=None)
    with open_line(TwilioRig) as line:
        adapter = make(account, token, number, api_url=line.rig.server.url)
        assert answer == line.wait(adapter.send(line.envelope()))
        line.wait(adapter.close())


def test_twilio_asks_for_an_address() -> None:
    """A message to nobody is refused by the code for it."""
    with TwilioServer() as twilio:
        url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        answer = requests.post(url, {"Body": "hi"}, auth=(ACCOUNT, TOKEN), timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (400, 21604)


def test_twilio_reports_to_the_address_it_was_given() -> None:
    """A status is posted, and seen in the listing as well."""
    with TwilioServer() as receiver, open_line(partial(TwilioRig, status_url=receiver.url)) as line:
        line.says("hi")
        [message] = line.rig.server.messages
        assert line.rig.server.call_back(message, "delivered").status_code == 401
        assert line.rig.server.messages == (replace(message, status="delivered"),)


def _open(twilio: TwilioServer, request: bytes) -> socket.socket:
    caller = socket.create_connection(("127.0.0.1", twilio.port), timeout=5)
    caller.sendall(request)
    return caller


def test_a_caller_that_hangs_up_is_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    """A test's output stays its own when a client breaks off in the middle."""
    with TwilioServer() as twilio:
        caller = _open(twilio, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
        assert requests.get(twilio.url, timeout=5).status_code == 401  # by now the caller was heard
    assert capfd.readouterr().err == ""


def test_a_fault_of_the_fake_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    """What the fake cannot cope with is not swallowed."""
    with TwilioServer() as twilio, _open(twilio, b"POST / HTTP/1.1\r\n\r\n") as caller:
        assert caller.recv(1) == b""
    assert "TypeError" in capfd.readouterr().err
