"""Webhooks of providers: verified, stored once, acknowledged at once."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.channels.twilio import webhooks as twilio
from bot.wiring import MESSAGES_PATH, STATUS_PATH, TELEGRAM_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.requests import Request

    from bot.channels.telegram import TelegramChannel
    from bot.clock import Clock
    from bot.inbound import Reception
    from bot.settings import Settings

LARGEST = 64 * 1024
"""Bytes of a body; anybody can post here, so what is read before the signature check is bounded."""
_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Webhooks:
    """The routes that Twilio and Telegram post to."""

    def __init__(
        self, settings: Settings, reception: Reception, clock: Clock, telegram: TelegramChannel | None
    ) -> None:
        self._settings = settings
        self._reception = reception
        self._clock = clock
        self._telegram = telegram

    @property
    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route(MESSAGES_PATH, self.messages, methods=["POST"]),
            Route(STATUS_PATH, self.status, methods=["POST"]),
            Route(TELEGRAM_PATH, self.telegram, methods=["POST"]),
        ]

    async def messages(self, request: Request) -> Response:
        """An SMS or WhatsApp message came in."""
        form = await self._signed_form(request)
        if form is None:
            return _REFUSED
        arrival = twilio.arrival(form, self._clock())
        if arrival is not None:
            await self._reception.receive(arrival)
        return Response(_NO_ANSWER, media_type="application/xml")

    async def status(self, request: Request) -> Response:
        """A delivery report from Twilio."""
        form = await self._signed_form(request)
        if form is None:
            return _REFUSED
        report = twilio.report(form, request.query_params.get("ref", ""))
        if report is not None:
            await self._reception.report(report)
        return Response(status_code=204)

    async def telegram(self, request: Request) -> Response:
        """Telegram posts an update."""
        secret = self._settings.telegram_webhook_secret
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if self._telegram is None or secret is None or not _same(given, secret.get_secret_value()):
            return _REFUSED
        body = _json(await _body(request))
        if body is not None:
            arrival = await run_in_threadpool(self._telegram.parse_webhook, body, self._clock())
            if arrival is not None:
                await self._reception.receive(arrival)
            await self._telegram.acknowledge(body)
        return Response(status_code=200)

    async def _signed_form(self, request: Request) -> Mapping[str, str] | None:
        """The form, if Twilio signed it for our public address; else None."""
        token, public = self._settings.twilio_auth_token, self._settings.public_url
        if token is None or public is None or await _body(request) is None:
            return None
        async with request.form(max_files=0) as posted:
            form = {name: value for name, value in posted.items() if isinstance(value, str)}
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{public.rstrip('/')}{request.url.path}{query}"
        signature = request.headers.get("X-Twilio-Signature", "")
        return form if twilio.genuine(token.get_secret_value(), url, form, signature) else None


_REFUSED = PlainTextResponse("forbidden", status_code=403)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


async def _body(request: Request) -> bytes | None:
    """The complete body, unless it is larger than any message could be."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return None
    body = await request.body()
    return body if len(body) <= LARGEST else None


def _json(body: bytes | None) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
