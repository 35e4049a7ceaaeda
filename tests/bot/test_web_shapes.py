"""Thousands of random shapes at every route: each gets its status and a sentence, and none an exception."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from dataclasses import replace
from random import Random  # noqa: TID251 - shapes are a matter of chance, with a seed
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus, urlencode

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from billing.accounts.channels import Channel
from bot import processes
from bot.clock import system_clock
from bot.settings import Settings
from handlers.bills import bill_links
from storage.people import contact_points
from tests.bot.shapes import json_of_chance, text_of_chance
from tests.bot.web_samples import EVENTS, MESSAGE, STATUS, UPDATES
from tests.issuing import a_billing_world, at_home, issued, served
from tests.web_parts import parts_of

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from storage.database.transaction import Database
    from tests.world import World

PUBLIC: Final = "https://bills.elm.example"
TWILIO, TELEGRAM, STRIPE = "token", "telegram-secret", "whsec_test"
SEED: Final = int(os.environ.get("KVITT_SHAPES_SEED", "16"))
A_FEW: Final = 20
MANY: Final = int(os.environ.get("KVITT_SHAPES", "400"))
"""Requests of each kind for each database, in the quick and in the slow tier."""


class Rig:
    """The real application, asked without a network in between."""

    def __init__(self, world: World, application: Starlette, link: str) -> None:
        self.world, self.application, self.link = world, application, link
        self.failed: list[str] = []

    async def ask(self, method: str, path: bytes, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """The status and text of the answer to a request; an exception counts as a failure of the test."""
        from urllib.parse import unquote  # noqa: PLC0415 - as the server does it

        raw, _, query = path.partition(b"?")
        named = [
            (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
        ]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http",
            "path": unquote(raw.decode("latin-1")), "raw_path": raw, "query_string": query, "root_path": "",
            "headers": [(b"host", b"127.0.0.1"), *named], "client": ("192.0.2.1", 1),
            "server": ("127.0.0.1", 80),
        }  # fmt: skip
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        await self.application(scope, receive, send)
        return said[0]["status"], b"".join(one.get("body", b"") for one in said[1:]).decode(errors="replace")


@pytest.fixture
def rig(database: Database) -> Rig:
    """Every route of a clinic with all channels, and the link to a bill."""
    world = a_billing_world(database)
    at_home(world)
    served(world)
    issued(world)
    world.installation = replace(world.installation, link_secret="s3cret", pay_url=f"{PUBLIC}/pay/")
    settings = Settings.model_validate(
        {
            "twilio_account_sid": "AC1",
            "twilio_auth_token": TWILIO,
            "twilio_from": "+15035550100",
            "public_url": PUBLIC,
            "secret_key": "s3cret",
            "telegram_token": "1:t",
            "telegram_mode": "webhook",
            "telegram_webhook_secret": TELEGRAM,
            "stripe_secret_key": "sk_test",
            "stripe_webhook_secret": STRIPE,
            "stripe_api_url": "http://127.0.0.1:9",
        }
    )
    parts = parts_of(world, settings)
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point
        url = bill_links.make(world.context(session), "B1", "ada", point.id)
    return Rig(world, processes.application(parts), url.removeprefix(PUBLIC))


def _form(chance: Random, sample: dict[str, str]) -> dict[str, str]:
    return {
        name: text_of_chance(chance) if chance.random() < 0.2 else value
        for name, value in sample.items()
        if chance.random() > 0.07
    } | ({text_of_chance(chance): text_of_chance(chance)} if chance.random() < 0.1 else {})


def _whole(text: str) -> str:
    """The text as a form can carry it."""
    return text.encode(errors="replace").decode()


def _encoded(chance: Random, form: dict[str, str]) -> bytes:
    body = urlencode(form, errors="replace").encode()
    odd = (b"&&", b"%", b"%zz", b"%ff=%ff", b"=", b"\0", b"\xff", b"&born=1&born=2", b"&a" * 300)
    return body + chance.choice(odd) if chance.random() < 0.2 else body


_FORM_TYPES: Final = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json", "", "text/plain; charset=utf-16", "\xff",
    "application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=UTF-8",
)  # fmt: skip


class Shapes:
    """Makes requests of one seed."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig, self.chance, self.number = rig, Random(seed), 0  # noqa: S311

    def twilio(self, path: str, sample: dict[str, str]) -> tuple[str, str, dict[str, str], bytes]:
        """A form of Twilio's, mostly signed rightly for what it says in the end."""
        self.number += 1
        form = _form(self.chance, sample | {"MessageSid": f"SM{self.number}"})
        form = {_whole(name): _whole(value) for name, value in form.items()}
        signature = RequestValidator(TWILIO).compute_signature(f"{PUBLIC}{path}", form)
        headers = {
            "Content-Type": _FORM_TYPES[0] if self.chance.random() < 0.9 else self.chance.choice(_FORM_TYPES),
            "X-Twilio-Signature": signature if self.chance.random() < 0.9 else text_of_chance(self.chance),
        }
        return "POST", path, headers, _encoded(self.chance, form)

    def telegram(self) -> tuple[str, str, dict[str, str], bytes]:
        """An update."""
        self.number += 1
        sample = self.chance.choice(UPDATES) | {"update_id": self.number}
        secret = TELEGRAM if self.chance.random() < 0.95 else text_of_chance(self.chance)
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        return "POST", "/webhooks/telegram", headers, json_of_chance(self.chance, sample)

    def stripe(self) -> tuple[str, str, dict[str, str], bytes]:
        """An event, or some of its parts."""
        self.number += 1
        new = {"id": f"evt_{self.number}"} if self.chance.random() < 0.9 else {}
        body = json_of_chance(self.chance, self.chance.choice(EVENTS) | new)
        at = int(system_clock().timestamp())
        digest = hmac.new(STRIPE.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        header = f"t={at},v1={digest}"
        if self.chance.random() < 0.1:
            header = self.chance.choice(
                ("t=", "t=1,v1=é", f"v1={digest}", f"t={at},v1=\xe9", text_of_chance(self.chance))
            )
        return "POST", "/webhooks/stripe", {"Stripe-Signature": header}, body

    def page(self) -> tuple[str, str, dict[str, str], bytes]:
        """A bill's page, its parts, payment links and addresses of nothing."""
        token = self.chance.choice(
            (
                self.rig.link.removeprefix("/b/"),
                quote(text_of_chance(self.chance), errors="replace"),
                "%ff",
                "%00",
                "-",
            )
        )
        path = self.chance.choice(
            (f"/b/{token}", f"/b/{token}/leave", f"/b/{token}/bill.pdf", f"/b/{token}/pay.svg",
             f"/b/-/{token}", f"/pay/{token}", f"/{token}", "/pay/done", "//",
             f"/webhooks/email/unsubscribe?ref={token}"),
        )  # fmt: skip
        if self.chance.random() < 0.3:
            path += (
                "&" if "?" in path else "?"
            ) + f"in={quote_plus(text_of_chance(self.chance), errors='replace')}"
        form = _form(self.chance, {"born": "1980-02-28", "code": "97201"})
        headers = {
            "Content-Type": self.chance.choice(_FORM_TYPES),
            "Cookie": f"kvitt_bill={text_of_chance(self.chance)}" if self.chance.random() < 0.3 else "",
            "Origin": self.chance.choice(
                (PUBLIC, "null", "http://[", "https://evil.example", text_of_chance(self.chance))
            ),
            "Accept": "text/html",
        }
        method = self.chance.choice(("GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "X"))
        return method, path, headers, _encoded(self.chance, form) if method not in {"GET", "HEAD"} else b""

    def one(self, kind: str) -> tuple[str, str, dict[str, str], bytes]:
        """A request of a kind."""
        match kind:
            case "messages":
                return self.twilio("/webhooks/twilio/messages", MESSAGE)
            case "status":
                return self.twilio("/webhooks/twilio/status?ref=a%00b", STATUS)
            case "telegram":
                return self.telegram()
            case "stripe":
                return self.stripe()
            case _:
                return self.page()


KINDS: Final = ("messages", "status", "telegram", "stripe", "page")


def _check(rig: Rig, kind: str, rounds: int, seed: int) -> None:
    async def run() -> None:
        shapes = Shapes(rig, seed)
        for _ in range(rounds):
            method, path, headers, body = shapes.one(kind)
            status, text = await rig.ask(method, path.encode(errors="replace"), headers, body)
            said = f"{method} {path} {headers} {body[:600]!r} -> {status} {text[:200]}"
            assert status < 500 or (status == 503 and path.startswith("/pay/")), said
            assert "Traceback" not in text, said
            assert status < 400 or method == "HEAD" or len(text) > 10, said

    asyncio.run(run())


@pytest.mark.parametrize("kind", KINDS)
def test_no_shape_raises(rig: Rig, kind: str) -> None:
    """Forms, updates, events and addresses with anything in any place: an answer below 500."""
    _check(rig, kind, A_FEW, SEED)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_shape_of_many_raises(rig: Rig, kind: str) -> None:
    """The same with another seed, for long."""
    _check(rig, kind, MANY, SEED + 1)
