"""Webhooks of providers: verified, stored once, acknowledged at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from billing.accounts.channels import Channel
from bot.channel import HookedAdapter, Posted
from bot.channels.twilio import webhooks as twilio
from bot.wiring import MESSAGES_PATH, STATUS_PATH, hook_path

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from bot.channel import ChannelAdapter
    from bot.clock import Clock
    from bot.inbound import Reception
    from bot.settings import Settings

LARGEST = 64 * 1024
"""Bytes of a body; anybody can post here, so what is read before the signature check is bounded."""
_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Webhooks:
    """The routes that providers post to: Twilio's two, and one of each channel whose adapter takes posts."""

    def __init__(
        self,
        settings: Settings,
        reception: Reception,
        clock: Clock,
        channels: Mapping[Channel, ChannelAdapter],
    ) -> None:
        self._settings = settings
        self._reception = reception
        self._clock = clock
        self._channels = channels

    @property
    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route(MESSAGES_PATH, self.messages, methods=["POST"]),
            Route(STATUS_PATH, self.status, methods=["POST"]),
            *(Route(hook_path(one), self.hook(one), methods=["POST"]) for one in Channel if one.electronic),
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

    def hook(self, channel: Channel) -> Callable[[Request], Awaitable[Response]]:
        """What takes the posts of one channel's provider."""

        async def take(request: Request) -> Response:
            adapter = self._channels.get(channel)
            if not isinstance(adapter, HookedAdapter):
                return _REFUSED
            posted = Posted(request.headers, await _body(request) or b"", self._clock())
            return Response() if await adapter.take_post(posted, self._reception) else _REFUSED

        return take

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


async def _body(request: Request) -> bytes | None:
    """The complete body, unless it is larger than any message could be."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return None
    body = await request.body()
    return body if len(body) <= LARGEST else None
