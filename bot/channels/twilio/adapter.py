"""Outgoing SMS and WhatsApp through Twilio: each message is sent once, and looked up when in doubt."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from billing.accounts.channels import Channel
from bot.channel import Accepted, RefusalReason, Refused, Trace
from bot.channels.twilio.api import Api, MessageForm, Trouble, TwilioSender
from bot.channels.twilio.webhooks import fated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.channel import Envelope, Sent
    from bot.channels.twilio.api import ListedMessage
    from handlers.arrivals import DeliveryReport

SKEW: Final = timedelta(seconds=2)
"""How far Twilio's clock may be behind ours; its times are whole seconds, too."""

WINDOW: Final = timedelta(hours=24)
"""WhatsApp takes free text for so long after the customer's last message (Twilio 63016)."""

MARGIN: Final = timedelta(minutes=5)
"""How long a text may take on its way: it must arrive inside the window, too."""

LONGEST_VALIDITY: Final = 36_000
"""The most seconds Twilio keeps a message queued."""

PREFIXES: Final = {Channel.SMS: "", Channel.WHATSAPP: "whatsapp:"}


class TwilioChannel:
    """Sends through one Twilio sender, or through the pool of a Messaging Service.

    ``sender`` is the number in E.164, without prefix; ``service`` is the Messaging Service's id, which
    outranks it; ``status_url`` is where Twilio posts delivery reports; ``templates`` are WhatsApp's approved
    ones, a ContentSid by message key and language; ``api_url`` is any server that speaks Twilio's API (None:
    Twilio's own); ``timeout`` and ``pause``, the wait before a message is called absent, are seconds.
    """

    def __init__(
        self,
        name: Channel,
        account_sid: str,
        auth_token: str,
        sender: str,
        *,
        status_url: str | None,
        api_url: str | None,
        service: str = "",
        templates: Mapping[str, Mapping[str, str]] | None = None,
        timeout: float = 10,
        pause: float = 2,
    ) -> None:
        self.name: Final = name
        self._prefix = PREFIXES[name]
        self._sender = TwilioSender(self._prefix + sender, service)
        self._status_url = status_url
        self._templates = templates or {}
        self._pause = pause
        self._api = Api(account_sid, auth_token, api_url, timeout)

    async def send(self, envelope: Envelope) -> Sent:
        """Hand the message to Twilio, once; WhatsApp outside its window only where a template is approved."""
        to = self._prefix + envelope.address
        template = self._template(envelope)
        if template is None:
            return Refused(RefusalReason.WINDOW, "no_template")
        form = MessageForm(envelope.text, template, envelope.values, _validity(envelope))
        callback = with_reference(self._status_url, envelope.reference) if self._status_url else None
        try:
            return Accepted(await asyncio.to_thread(self._api.post, to, self._sender, form, callback))
        except Trouble as trouble:
            return trouble.answer

    async def trace(self, envelope: Envelope) -> Accepted | Trace:
        """Look for a message in doubt; absent only if it is missing twice, for listings may lag."""
        for wait in (0, self._pause):
            await asyncio.sleep(wait)
            try:
                listed = await asyncio.to_thread(
                    self._api.sent, self._prefix + envelope.address, self._sender
                )
            except Trouble:
                return Trace.CANNOT_TELL
            found = _find(envelope, listed, ours=not self._template(envelope))
            if found is not Trace.ABSENT:
                return found
        return Trace.ABSENT

    async def status(self, provider_id: str, reference: str) -> DeliveryReport | None:
        """What became of a message that Twilio accepted; None while it does not say, or cannot be asked."""
        try:
            status, code = await asyncio.to_thread(self._api.status, provider_id)
        except Trouble:
            return None
        return fated(self.name, provider_id, reference, status, code)

    def _template(self, envelope: Envelope) -> str | None:
        """The template to send as: empty for free text, nothing where one is needed and none approved."""
        if self.name is not Channel.WHATSAPP:
            return ""
        heard = envelope.heard_at
        if heard is not None and envelope.begun_at - heard < WINDOW - MARGIN:
            return ""
        return self._templates.get(envelope.key, {}).get(envelope.language)

    async def close(self) -> None:
        """Close connections."""
        self._api.close()


def with_reference(url: str, reference: str) -> str:
    """The address to which Twilio reports the status of one message."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"ref": reference}))))
    return urlunsplit(parts._replace(query=query))


def _validity(envelope: Envelope) -> int | None:
    """For how many seconds the message may wait in a queue; a carrier must not deliver it at night."""
    if envelope.valid_until is None:
        return None
    seconds = int((envelope.valid_until - envelope.begun_at).total_seconds())
    return min(max(seconds, 1), LONGEST_VALIDITY)


def _find(envelope: Envelope, listed: Iterable[ListedMessage], *, ours: bool) -> Accepted | Trace:
    """The listed message with our text begun nearest to ours, even a failed one: its callback reports that.

    Where the words are a template's, not ``ours``, any message of that time may be the one.
    """
    lately = [message for message in listed if message.created_at >= envelope.begun_at - SKEW]
    same = [message for message in lately if message.body.split() == envelope.text.split()]
    if same:
        return Accepted(min(same, key=lambda message: abs(message.created_at - envelope.begun_at)).sid)
    if not lately or (ours and all(message.body for message in lately)):
        return Trace.ABSENT
    return Trace.CANNOT_TELL
