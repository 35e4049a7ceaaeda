"""The ids and numbers of Twilio in the settings: one in the place of another is refused."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE: Final = re.compile(r"[0-9]{3,8}")
_ID: Final = re.compile(r"[A-Z]{2}[0-9A-Za-z]*")
SERVICE: Final = "KVITT_TWILIO_MESSAGING_SERVICE"


def wrong(
    account: str, service: str, sender: str | None, whatsapp: str | None, country: str
) -> tuple[str, str] | None:
    """The first setting that cannot be right, and what to write; ``country`` (ISO 3166) is the creditor's."""
    if account and not account.startswith("AC"):
        return (
            "KVITT_TWILIO_ACCOUNT_SID",
            "an account's id begins with AC; it stands first in Twilio's Console",
        )
    if service and not service.startswith("MG"):
        return SERVICE, "a Messaging Service's id begins with MG; a number belongs in KVITT_TWILIO_FROM"
    for name, number in (("KVITT_TWILIO_FROM", sender), ("KVITT_TWILIO_WHATSAPP_FROM", whatsapp)):
        why = _why_no_number(number, country) if number else ""
        if why:
            return name, why
    return None


def _why_no_number(text: str, country: str) -> str:
    """Why a text is no number of ours, and what to write instead; empty where it is one."""
    if _NUMBER.fullmatch(text) or _SHORT_CODE.fullmatch(text):
        return ""
    if text.startswith("whatsapp:"):
        return f"{text!r} is to be written without its channel, as {text.removeprefix('whatsapp:')}"
    if text.startswith("MG"):
        return f"{text!r} is a Messaging Service and no number; write it in {SERVICE}"
    if _ID.fullmatch(text) and any(sign.isdigit() for sign in text):
        return f"{text!r} is an id and no number; write the number as +15035550100"
    from handlers.people.phones import BadPhone, e164  # noqa: PLC0415 - slow to load

    try:
        return f"{text!r} is not as Twilio writes numbers; write it as {e164(text, country)}"
    except BadPhone:
        return f"{text!r} is no phone number; write it with its country, as +15035550100"
