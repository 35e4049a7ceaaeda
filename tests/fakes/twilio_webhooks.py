"""Twilio's webhook requests: forms as Twilio fills them in and signs them, posted to Kvitt."""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import TYPE_CHECKING, Final

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT: Final = "AC" + "0" * 31 + "1"
TOKEN: Final = "twilio-auth-token"
NUMBER: Final = "+14155550100"
SERVICE: Final = "MG" + "0" * 31 + "1"

SIGNATURE: Final = "X-Twilio-Signature"


class TwilioWebhooks:
    """Posts for one account and one number."""

    def __init__(self, account_sid: str = ACCOUNT, auth_token: str = TOKEN, number: str = NUMBER) -> None:
        self.account_sid: Final = account_sid
        self.auth_token: Final = auth_token
        self.number: Final = number

    def sign(self, url: str, form: Mapping[str, str]) -> str:
        """The signature header for a form posted to an address."""
        signed = url + "".join(name + form[name] for name in sorted(form))
        mac = hmac.new(self.auth_token.encode(), signed.encode(), "sha1")
        return base64.b64encode(mac.digest()).decode()

    def inbound_form(self, from_: str, body: str, sid: str | None = None, **more: str) -> dict[str, str]:
        """A customer's message; ``whatsapp:`` before ``from_`` makes it one on WhatsApp."""
        sid = sid or new_sid()
        prefix = "whatsapp:" if from_.startswith("whatsapp:") else ""
        return {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "From": from_,
            "To": prefix + self.number,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            **more,
        }

    def status_form(self, sid: str, to: str, status: str, code: str = "", **more: str) -> dict[str, str]:
        """The status of a message to ``to`` (with its prefix); ``code`` says why it failed."""
        prefix = "whatsapp:" if to.startswith("whatsapp:") else ""
        error = {"ErrorCode": code} if code else {}
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account_sid,
            "From": prefix + self.number,
            "To": to,
            "MessageStatus": status,
            "SmsStatus": status,
            "ApiVersion": "2010-04-01",
            **error,
            **more,
        }

    def post(self, url: str, form: Mapping[str, str], signed_as: str | None = None) -> requests.Response:
        """Post a form; ``signed_as`` is the address that Twilio signs, if it is another."""
        headers = {SIGNATURE: self.sign(signed_as or url, form)}
        return requests.post(url, data=dict(form), headers=headers, timeout=10)


def new_sid() -> str:
    """An id in Twilio's form."""
    return "SM" + secrets.token_hex(16)
