"""Webhooks of providers: verified, stored once, acknowledged at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from billing.accounts.channels import Channel
from bot.channel import HookedAdapter, Posted
from bot.channels.twilio import webhooks as twilio
from bot.web.forms import fields
from bot.web.intake import proven
from bot.wiring import MESSAGES_PATH, STATUS_PATH, hook_path
from handlers import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from bot.channel import ChannelAdapter
    from bot.clock import Clock
    from bot.inbound import Reception
    from bot.settings import Settings

_ENDING = 4
"""The digits of our own number in the log."""
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
        if not self._is_ours(form, form.get("To", "")):
            return Response(_NO_ANSWER, media_type="application/xml")
        _refuse_without_id(form)
        arrival = twilio.arrival(form, self._clock())
        if arrival is None:
            logs.logger().info("twilio.not_read")
        else:
            await self._reception.receive(arrival)
        return Response(_NO_ANSWER, media_type="application/xml")

    async def status(self, request: Request) -> Response:
        """A delivery report from Twilio."""
        form = await self._signed_form(request)
        if not self._is_ours(form, form.get("From", "")):
            return Response(status_code=204)
        _refuse_without_id(form)
        report = twilio.report(form, request.query_params.get("ref", ""))
        if report is not None:
            await self._reception.report(report)
        return Response(status_code=204)

    def hook(self, channel: Channel) -> Callable[[Request], Awaitable[Response]]:
        """What takes the posts of one channel's provider."""

        async def take(request: Request) -> Response:
            adapter = self._channels.get(channel)
            if not isinstance(adapter, HookedAdapter):
                raise HTTPException(404, f"{channel} is not set up to take posts")
            posted = Posted(request.headers, await request.body(), self._clock())
            if not await adapter.take_post(posted, self._reception):
                raise HTTPException(403, f"the post does not prove to be the provider's, for our {channel}")
            proven(request)
            return Response()

        return take

    async def _signed_form(self, request: Request) -> Mapping[str, str]:
        """The form, if Twilio signed it for our public address.

        Raises:
            HTTPException: 403 if it did not, 400 or 415 if it is no form.
        """
        token, public = self._settings.twilio_auth_token, self._settings.public_url
        if token is None or public is None:
            raise HTTPException(404, "Twilio is not set up to post here")
        form = await fields(request)
        query = request.scope.get("query_string", b"").decode("latin-1")
        url = f"{public.rstrip('/')}{request.scope['path']}{f'?{query}' if query else ''}"
        signature = request.headers.get("X-Twilio-Signature", "")
        if not twilio.genuine(token.get_secret_value(), url, form, signature):
            raise HTTPException(403, "the signature is not Twilio's for this form at KVITT_PUBLIC_URL")
        proven(request)
        return form

    def _is_ours(self, form: Mapping[str, str], ours: str) -> bool:
        """Whether a signed post is for a sender that Kvitt serves; another is logged.

        Twilio signs for all numbers of an account. A refusal would make it post again, and would make the
        operator look for a fault of theirs; a number of the Messaging Service's pool is one of ours.

        Raises:
            HTTPException: 403, it is about another account: one token may be another account's, too.
        """
        settings = self._settings
        if form.get("AccountSid", settings.twilio_account_sid) != settings.twilio_account_sid:
            raise HTTPException(403, "the post is of another Twilio account than KVITT_TWILIO_ACCOUNT_SID")
        numbers = {settings.twilio_from, f"whatsapp:{settings.twilio_whatsapp_from}"}
        service = settings.twilio_messaging_service
        if not ours or ours in numbers or (service and form.get("MessagingServiceSid") == service):
            return True
        channel = "whatsapp" if ours.startswith("whatsapp:") else "sms"
        logs.logger().warning("twilio.not_our_sender", channel=channel, ending=ours[-_ENDING:])
        return False


def _refuse_without_id(form: Mapping[str, str]) -> None:
    """A message counts once by its id, which is kept plain: what is no id may be anything.

    Raises:
        HTTPException: 400, the form has none.
    """
    if not twilio.is_id(form.get("MessageSid", "")):
        raise HTTPException(
            400, "MessageSid is no id of a message: it is missing, too long, or the number of a payment card"
        )
