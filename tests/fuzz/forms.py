"""Posts hostile forms and webhooks, signed and not, to every route of the real web application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import httpx
from stripe import WebhookSignature
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from billing.accounts.channels import Channel
from bot import processes
from bot.clock import system_clock
from bot.settings import Settings
from handlers.bills import bill_links
from storage.people import contact_points
from tests.fuzz import samples
from tests.fuzz.hostile import Hostile
from tests.web_parts import parts_of
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.applications import Starlette

    from bot.simulate.chance import Chance
    from storage.database.transaction import Database
    from tests.fuzz.counts import Counts

PUBLIC: Final = "https://bills.example.org"
TWILIO, TELEGRAM, STRIPE = "twilio-token", "telegram-secret", "whsec_fuzz"
_METHODS: Final = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "BREW")
_OFTEN: Final = (8, 20, 1, 1, 1, 1, 1)
_SERVER_ERROR: Final = 500
_TYPES: Final = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain",
    "application/x-www-form-urlencoded; charset=utf-16",
    "",
    "\u00e9",
)


def play(database: Database, counts: Counts, chance: Chance, posts: int) -> None:
    """Send so many requests; an error of the application, or a status of 500 and above, is a failure."""
    asyncio.run(_play(World(database, _installation()), counts, Hostile(chance), posts))


def _installation() -> Any:
    return an_installation("us", public_url=PUBLIC, link_secret="fuzz", pay_url=f"{PUBLIC}/pay/")


async def _play(world: World, counts: Counts, hostile: Hostile, posts: int) -> None:
    application, paths = _application(world)
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        for _ in range(posts):
            path = hostile.chance.choice(paths)
            name = f"{path.partition('{')[0]}"
            counts.tried(name)
            try:
                request = _request(client, hostile, path, world)
            except (httpx.InvalidURL, ValueError, UnicodeError):
                continue  # the client sends no such thing
            try:
                answer = await client.send(request)
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                counts.failed(name, error, (request.method, str(request.url), request.content[:300]))
                continue
            if answer.status_code >= _SERVER_ERROR and path != "/readyz":
                counts.raised.setdefault(f"{name}: {answer.status_code}", repr(request.content[:300]))


def _application(world: World) -> tuple[Starlette, Sequence[str]]:
    """The application with every provider set up, and the paths of its routes."""
    settings = Settings.model_validate(
        {
            "twilio_account_sid": "AC1",
            "twilio_auth_token": TWILIO,
            "twilio_from": "+15035550100",
            "public_url": PUBLIC,
            "telegram_token": "1:t",
            "telegram_mode": "webhook",
            "telegram_webhook_secret": TELEGRAM,
            "stripe_secret_key": "sk_test_fuzz",
            "stripe_webhook_secret": STRIPE,
            "stripe_api_url": "http://127.0.0.1:9",
            "secret_key": "fuzz",
        }
    )
    world.customer()
    world.bill()
    application = processes.application(parts_of(world, settings))
    return application, [route.path for route in application.routes if hasattr(route, "path")]


def _request(client: httpx.AsyncClient, hostile: Hostile, path: str, world: World) -> httpx.Request:
    """A request to a route: its own form or one of another's, damaged, now and then signed."""
    chance = hostile.chance
    filled = path
    while "{" in filled:
        before, _, rest = filled.partition("{")
        filled = before + _token(hostile, world) + rest.partition("}")[2]
    if chance.random() < _REACHED:
        filled += chance.choice(
            ("?", "?x=%ff", "/", "//", "%00", f"?{quote(hostile.text()[:200])}", "?u=1&u=2")
        )
    body, kind = _body(hostile, path)
    headers = {"content-type": kind} if kind else {}
    if chance.random() < _SIGNED:
        headers |= _signed(path, filled, body)
    if chance.random() < _REACHED:
        headers |= {
            "cookie": f"kvitt_bill={quote(hostile.text()[:100])}",
            "accept-language": "*;q=x",
            "origin": "null",
        }
    method = chance.choices(_METHODS, _OFTEN)[0]
    return client.build_request(method, f"{PUBLIC}{filled}", content=body, headers=headers)


def _token(hostile: Hostile, world: World) -> str:
    if hostile.chance.random() < _REAL:
        with world.database.write() as session:
            point = contact_points.find(session, Channel.SMS, "+15035550142")
            if point is not None:
                return bill_links.make(world.context(session), "B1", "ada", point.id).rpartition("/")[2]
    odd = hostile.chance.choice(
        ("%ff", "%00", "..", "a" * 3000, "%f0%9f%99%82", "", "-", quote(hostile.text()[:80], safe=""))
    )
    return odd or "x"


def _body(hostile: Hostile, path: str) -> tuple[bytes, str]:
    forms: Sequence[dict[str, str]] = (
        samples.TEXT_FORM,
        samples.STATUS_FORM,
        {"born": "1980-02-28"},
        {"born": "1980-02-28", "code": "97205"},
        {"token": "x", "List-Unsubscribe": "One-Click"},
    )
    events = (
        samples.UPDATE,
        samples.PRESSED,
        samples.STRIPE_EVENT,
        samples.DISPUTE_EVENT,
        samples.FHIR_BUNDLE,
    )
    draw = hostile.chance.random()
    if "telegram" in path or "stripe" in path:
        draw = draw / 2
    if draw < _JSON:
        return hostile.json_bytes(hostile.chance.choice(events)), "application/json"
    if draw < _FORM:
        form = hostile.damaged_form(hostile.chance.choice(forms))
        return urlencode(form, errors="surrogatepass").encode(), "application/x-www-form-urlencoded"
    return hostile.damaged_bytes(
        b"--b\r\nContent-Disposition: form-data; name=born\r\n\r\n1980-02-28\r\n--b--"
    ), hostile.chance.choice(_TYPES)


def _signed(path: str, filled: str, body: bytes) -> dict[str, str]:
    """What a provider signs: the headers that make this body genuine."""
    if "stripe" in path:
        at = int(system_clock().timestamp())
        text = body.decode("utf-8", "replace")
        signature = WebhookSignature._compute_signature(f"{at}.{text}", STRIPE)
        return {"stripe-signature": f"t={at},v1={signature}"}
    if "telegram" in path:
        return {"x-telegram-bot-api-secret-token": TELEGRAM}
    from urllib.parse import parse_qsl  # noqa: PLC0415 - beside what it is needed for

    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return {"x-twilio-signature": RequestValidator(TWILIO).compute_signature(f"{PUBLIC}{filled}", form)}
    except (UnicodeError, ValueError):
        return {}


_REACHED: Final = 0.15
_SIGNED: Final = 0.7
_REAL: Final = 0.6
_JSON: Final = 0.35
_FORM: Final = 0.85
