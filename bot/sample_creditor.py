"""The sample creditor that ``kvitt init`` writes where nobody says who is owed: it must reach no customer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.settings_tables import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings
    from bot.settings_tables import CreditorTable

NAME: Final = "Elm Street Clinic"
PHONE: Final = "+1 503 555 0100"
PAY: Final = "elm.example/pay"
_RESERVED: Final = re.compile(
    r"(?:\.(?:example|invalid|test)|(?:^|[./@])example\.(?:com|net|org))(?![\w-])", re.IGNORECASE
)
"""Domains that belong to nobody: RFC 2606."""
_FICTIONAL: Final = re.compile(r"\+?1?\D*\d{3}\D*555\D*01\d\d")
"""Numbers in North America that are kept free for fiction."""


def left(creditor: CreditorTable) -> list[str]:
    """The keys of ``[creditor]`` that still hold something of the sample, or what can be nobody's."""
    found = []
    if creditor.name == NAME:
        found.append("name")
    if _FICTIONAL.fullmatch(creditor.phone.strip()):
        found.append("phone")
    if any(_RESERVED.search(text) for way in creditor.ways_to_pay for text in _texts(way.details)):
        found.append("ways_to_pay")
    if _RESERVED.search(creditor.aid_url):
        found.append("aid_url")
    return found


def reaches_people(settings: Settings) -> bool:
    """Whether messages leave to a provider that is not this machine."""
    return any(not _here(url) for url in _providers(settings))


def _providers(settings: Settings) -> Iterator[str]:
    """Where messages are handed over; empty for a provider's usual address."""
    if settings.sms or settings.whatsapp:
        yield settings.twilio_api_url or ""
    if settings.telegram_token:
        yield settings.telegram_api_url or ""
    if settings.email and settings.smtp_url:
        yield settings.smtp_url.get_secret_value()


def _here(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def _texts(words: str | dict[str, str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words.values())
