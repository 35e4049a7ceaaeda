"""Twilio's webhooks, verified and read: customers' messages and delivery reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from billing.accounts.channels import Channel
from billing.card_numbers import masked
from billing.number_runs import LONGEST_PHONE
from bot.channels.twilio.codes import failure
from handlers.arrivals import Arrival, ArrivalKind, DeliveryFate, DeliveryReport

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_ANY_ID: Final = re.compile(r"[ -~]{1,200}")
TAKEN_BY_TWILIO: Final = {
    "STOP": ArrivalKind.STOPPED,
    "START": ArrivalKind.STARTED,
    "HELP": ArrivalKind.ASKED_HELP,
}
"""``OptOutType``: keywords that Twilio's opt-out management has taken and answered."""

FATES: Final = {
    "sent": DeliveryFate.SENT,
    "delivered": DeliveryFate.DELIVERED,
    "read": DeliveryFate.DELIVERED,
    "failed": DeliveryFate.FAILED,
    "undelivered": DeliveryFate.FAILED,
    "canceled": DeliveryFate.FAILED,
}
"""``MessageStatus``: what says more than that Twilio has the message."""


def genuine(auth_token: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio signed this form for this address (the public one, with its query).

    Without a token nothing is genuine: anybody can sign with an empty key.
    """
    if not auth_token:
        return False
    try:
        return bool(RequestValidator(auth_token).validate(url, form, signature))
    except ValueError:  # no address, or half a character in the form
        return False


def arrival(form: Mapping[str, str], received_at: datetime) -> Arrival | None:
    """A customer's message out of Twilio's form; None if it is none, or not of SMS or WhatsApp."""
    sent_from = _channel_and_address(form.get("From", ""))
    provider_id = form.get("MessageSid", "")
    if sent_from is None or not is_id(provider_id):
        return None
    kind = _kind(form)
    if kind is ArrivalKind.TEXT and "Body" not in form:
        return None
    channel, address = sent_from
    return Arrival(
        channel,
        provider_id,
        address,
        form["ButtonPayload"] if kind is ArrivalKind.BUTTON else form.get("Body", ""),
        received_at,
        kind,
        form.get("ProfileName", ""),
        _sid(form.get("OriginalRepliedMessageSid", "")) if kind is ArrivalKind.BUTTON else "",
    )


def report(form: Mapping[str, str], ref: str) -> DeliveryReport | None:
    """A delivery report; None if the form only says that Twilio has accepted the message."""
    sent_to = _channel_and_address(form.get("To", ""))
    provider_id = form.get("MessageSid", "")
    if sent_to is None or not is_id(provider_id):
        return None
    return fated(sent_to[0], provider_id, ref, form.get("MessageStatus", ""), form.get("ErrorCode", ""))


def fated(channel: Channel, provider_id: str, ref: str, status: str, code: str) -> DeliveryReport | None:
    """What a status of Twilio's says of a message; None if only that it has accepted the message."""
    fate = FATES.get(status.lower())
    if fate is None:
        return None
    if fate is not DeliveryFate.FAILED:
        return DeliveryReport(channel, provider_id, ref, fate, code)
    said = failure(code)
    return DeliveryReport(channel, provider_id, ref, fate, code, said.cause, said.after, said.meaning)


def is_id(text: str) -> bool:
    """Whether a text may be a message's id at Twilio, which is kept as it is.

    No form is promised for ever, and no message is to be lost for another one: any is taken that has no
    number of a payment card in it. Today's ids have so many digits that one may look like a card.
    """
    return bool(_SID.fullmatch(text) or (_ANY_ID.fullmatch(text) and masked(text) == text))


def _sid(text: str) -> str:
    return text if is_id(text) else ""


def _kind(form: Mapping[str, str]) -> ArrivalKind:
    taken = TAKEN_BY_TWILIO.get(form.get("OptOutType", "").upper())
    if taken is not None:
        return taken
    if form.get("ButtonPayload"):
        return ArrivalKind.BUTTON
    if form.get("NumMedia", "0") not in {"", "0"} or "Latitude" in form:
        return ArrivalKind.MEDIA
    return ArrivalKind.TEXT


def _channel_and_address(field: str) -> tuple[Channel, str] | None:
    """A To or From, split; other prefixes belong to channels Kvitt does not speak."""
    prefix, colon, rest = field.rpartition(":")
    address = rest.strip()
    if not address or (colon and prefix != "whatsapp") or sum(map(str.isdigit, address)) > LONGEST_PHONE:
        return None
    return (Channel.WHATSAPP if colon else Channel.SMS), address
