"""``kvitt doctor --online``: providers are asked over real HTTP, each fault is one line with what to do."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from bot import online
from bot.setting_errors import BadSetting
from bot.settings import Settings, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT, NUMBER, SERVICE, PUBLIC = "AC1", "+15035550100", "MG1", "https://bills.example.org"
HOOKS = {"twilio": f"{PUBLIC}/webhooks/twilio/messages", "stripe": f"{PUBLIC}/webhooks/stripe"}
ACCOUNTS = f"/2010-04-01/Accounts/{ACCOUNT}"
MINE = {"phone_number": NUMBER, "capabilities": {"sms": True}, "sms_url": HOOKS["twilio"]}
STRIPE = {"url": HOOKS["stripe"], "status": "enabled", "enabled_events": ["*"]}
RIGHT: dict[str, tuple[int, Any]] = {
    f"{ACCOUNTS}.json": (200, {"status": "active", "type": "Full"}),
    f"{ACCOUNTS}/IncomingPhoneNumbers.json": (200, {"incoming_phone_numbers": [MINE]}),
    f"/v1/Services/{SERVICE}": (200, {"inbound_request_url": HOOKS["twilio"]}),
    "/bot1:t/getMe": (200, {"ok": True, "result": {"username": "elm_bot"}}),
    "/bot1:t/getWebhookInfo": (200, {"ok": True, "result": {"url": f"{PUBLIC}/webhooks/telegram"}}),
    "/v1/webhook_endpoints": (200, {"data": [STRIPE]}),
}


@contextmanager
def _providers(answers: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """Every provider at one address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer by path."""
            status, body = answers.get(self.path.partition("?")[0], (404, {"code": 20404}))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _settings(url: str, **more: Any) -> Settings:
    return Settings.model_validate(
        {
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": "secret-token",
            "twilio_from": NUMBER,
            "twilio_api_url": url,
            "telegram_token": "1:t",
            "telegram_api_url": url,
            "telegram_mode": "webhook",
            "telegram_webhook_secret": "s",
            "stripe_secret_key": "sk_secret",
            "stripe_webhook_secret": "w",
            "stripe_api_url": url,
            "public_url": PUBLIC,
            **more,
        }
    )


def _found(changes: dict[str, tuple[int, Any]], **more: Any) -> list[str]:
    """What is to be put right."""
    with _providers(RIGHT | changes) as url:
        wrong = [f"{what}: {said}" for what, said, fine in online.checks(_settings(url, **more)) if not fine]
    assert not [line for line in wrong if "secret" in line or "1:t" in line]
    return wrong


@pytest.mark.parametrize("more", [{}, {"twilio_messaging_service": SERVICE}, {"telegram_name": "@Elm_Bot"}])
def test_what_is_right_is_right(more: dict[str, str]) -> None:
    """Nothing is found where nothing is wrong."""
    assert _found({}, **more) == []


@pytest.mark.parametrize(
    ("path", "answer", "says", "more"),
    [
        (f"{ACCOUNTS}.json", (401, {"code": 20003}), "KVITT_TWILIO_AUTH_TOKEN", {}),
        (f"{ACCOUNTS}.json", (200, {"status": "suspended"}), "suspended", {}),
        (f"{ACCOUNTS}.json", (200, {"status": "active", "type": "Trial"}), "upgrade", {}),
        (f"{ACCOUNTS}.json", (200, b"<html>"), "KVITT_TWILIO_API_URL", {}),
        (f"{ACCOUNTS}.json", (503, {}), "try again later", {}),
        (f"{ACCOUNTS}/IncomingPhoneNumbers.json", (200, {}), "no number of this account", {}),
        (
            f"{ACCOUNTS}/IncomingPhoneNumbers.json",
            (200, {"incoming_phone_numbers": [MINE | {"capabilities": {"sms": False}}]}),
            "cannot send SMS",
            {},
        ),
        (
            f"{ACCOUNTS}/IncomingPhoneNumbers.json",
            (200, {"incoming_phone_numbers": [MINE | {"sms_url": "https://demo.twilio.com/welcome"}]}),
            f"set it to {HOOKS['twilio']}",
            {},
        ),
        (f"/v1/Services/{SERVICE}", (404, {}), "MESSAGING_SERVICE", {"twilio_messaging_service": SERVICE}),
        (
            f"/v1/Services/{SERVICE}",
            (200, {"inbound_request_url": None}),
            "request URL is empty",
            {"twilio_messaging_service": SERVICE},
        ),
        ("/bot1:t/getMe", (401, {"ok": False}), "KVITT_TELEGRAM_TOKEN", {}),
        ("/bot1:t/getMe", (200, {"result": {"username": "other"}}), "@other", {"telegram_name": "elm"}),
        ("/bot1:t/getWebhookInfo", (200, {"result": {"url": "https://x.example/"}}), "set it to", {}),
        (
            "/bot1:t/getWebhookInfo",
            (200, {"result": {"url": f"{PUBLIC}/webhooks/telegram", "last_error_message": "Wrong response"}}),
            "Wrong response",
            {},
        ),
        (
            "/bot1:t/getWebhookInfo",
            (200, {"result": {"url": "https://x.example/"}}),
            "nothing can be polled",
            {"telegram_mode": "polling"},
        ),
        ("/v1/webhook_endpoints", (401, {}), "KVITT_STRIPE_SECRET_KEY", {}),
        ("/v1/webhook_endpoints", (200, {"data": []}), f"none posts to {HOOKS['stripe']}", {}),
        ("/v1/webhook_endpoints", (200, {"data": [STRIPE | {"status": "disabled"}]}), "disabled", {}),
        (
            "/v1/webhook_endpoints",
            (200, {"data": [STRIPE | {"enabled_events": ["charge.failed"]}]}),
            "lacks",
            {},
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_what_to_do(
    path: str, answer: tuple[int, Any], says: str, more: dict[str, str]
) -> None:
    """The setting or the place at the provider is named, and the other providers are asked all the same."""
    (line,) = _found({path: answer}, **more)
    assert says in line


def test_a_provider_that_is_away_is_named_and_the_others_are_asked() -> None:
    """Nobody there is no traceback."""
    with _providers(RIGHT) as url:
        gone = "http://127.0.0.1:1"
        wrong = [said for _, said, fine in online.checks(_settings(url, telegram_api_url=gone)) if not fine]
    assert len(wrong) == 1
    assert "KVITT_TELEGRAM_API_URL" in wrong[0]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("TWILIO_FROM", "MG0123456789abcdef0123456789abcdef", "KVITT_TWILIO_MESSAGING_SERVICE"),
        ("TWILIO_FROM", "(503) 555-0100", "+15035550100"),
        ("TWILIO_FROM", "503-555-0100", "+15035550100"),
        ("TWILIO_FROM", "+1 503 555 0100", "+15035550100"),
        ("TWILIO_FROM", "PN0123456789abcdef0123456789abcdef", "is an id"),
        ("TWILIO_FROM", "Elm Clinic", "no phone number"),
        ("TWILIO_WHATSAPP_FROM", "whatsapp:+15035550100", "without"),
        ("TWILIO_MESSAGING_SERVICE", "+15035550100", "KVITT_TWILIO_FROM"),
        ("TWILIO_ACCOUNT_SID", "SK0123456789abcdef0123456789abcdef", "begins with AC"),
    ],
)
def test_what_is_no_number_is_refused_where_one_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, says: str
) -> None:
    """The refusal says what to write instead."""
    file = tmp_path / "kvitt.toml"
    file.write_text('[creditor]\nname = "Elm"\ncountry = "US"\n', encoding="utf-8")
    monkeypatch.setenv("KVITT_CONFIG", str(file))
    right = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": NUMBER}
    for name, text in (right | {setting: value}).items():
        monkeypatch.setenv(f"KVITT_{name}", text)
    with pytest.raises(BadSetting, match=f"KVITT_{setting}") as refusal:
        load()
    assert says in str(refusal.value)
