"""What settings owe each other: half a channel is refused at the start, with what is missing."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from billing.refusals import Refusal
from bot import twilio_ids
from bot.settings_tables import LOOPBACK

if TYPE_CHECKING:
    from bot.settings import Settings

CONFIG: Final = "kvitt.toml"
_ADDRESS: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.?[^\s@<>]*")


class BadSetting(Refusal):
    """A setting has a value that cannot be used."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


class MissingSetting(Refusal):
    """A function needs a setting that is missing."""

    def __init__(self, name: str, what_for: str) -> None:
        super().__init__(f"{name} is not set: {what_for}; set it in the environment or in {CONFIG}")


def check(settings: Settings) -> None:
    """See that the settings fit each other.

    Raises:
        BadSetting: a value cannot be used.
        MissingSetting: half of a channel is set up.
    """
    _check_twilio(settings)
    _check_public_url(settings.public_url)
    _check_telegram(settings)
    _check_mail(settings)
    _check_stripe(settings)
    _check_claims(settings)
    if settings.letters and not settings.creditor.address:
        raise MissingSetting("[creditor] address", "a letter carries its sender's address, for returns too")


def _check_stripe(settings: Settings) -> None:
    if not (settings.stripe or settings.stripe_webhook_secret):
        return
    for name, there, what_for in (
        ("KVITT_STRIPE_SECRET_KEY", settings.stripe_secret_key, "checkout pages are created with it"),
        (
            "KVITT_STRIPE_WEBHOOK_SECRET",
            settings.stripe_webhook_secret,
            "Stripe's events are verified with it",
        ),
        ("KVITT_PUBLIC_URL", settings.public_url, "payment links begin with it"),
        ("KVITT_SECRET_KEY", settings.secret_key, "payment links are signed with it"),
    ):
        if not there:
            raise MissingSetting(name, what_for)


def _check_claims(settings: Settings) -> None:
    if settings.claims is None and any(one.eligibility == "x12" for one in settings.payers):
        raise MissingSetting("[claims]", "X12 files name their sender and receiver")
    if settings.claims and not (settings.claims.phone or settings.creditor.phone):
        raise MissingSetting("[claims] phone", "a claim file must name a contact with a phone number")


def _check_twilio(settings: Settings) -> None:
    twilio = (settings.twilio_account_sid, settings.twilio_auth_token)
    numbers = (settings.twilio_from, settings.twilio_whatsapp_from)
    service, country = settings.twilio_messaging_service, settings.creditor.country
    senders = service or any(numbers)
    if any(twilio) or senders:
        if not settings.twilio_account_sid:
            raise MissingSetting("KVITT_TWILIO_ACCOUNT_SID", "Twilio needs the account the numbers belong to")
        if not settings.twilio_auth_token:
            raise MissingSetting("KVITT_TWILIO_AUTH_TOKEN", "Twilio and its webhooks need it")
        if not senders:
            raise MissingSetting("KVITT_TWILIO_FROM", "Twilio needs a number to send from")
    wrong = twilio_ids.wrong(settings.twilio_account_sid or "", service or "", *numbers, country)
    if wrong:
        raise BadSetting(*wrong)


def _check_telegram(settings: Settings) -> None:
    if settings.staff_chats and settings.telegram_token is None:
        raise MissingSetting("KVITT_TELEGRAM_TOKEN", "the staff chat is a Telegram chat")
    if settings.telegram_token and settings.telegram_mode == "webhook":
        if not settings.public_url:
            raise MissingSetting("KVITT_PUBLIC_URL", "Telegram's webhook needs an address to post to")
        if not settings.telegram_webhook_secret:
            raise MissingSetting(
                "KVITT_TELEGRAM_WEBHOOK_SECRET", "Telegram's webhook calls are verified with it"
            )


def _check_mail(settings: Settings) -> None:
    if (settings.smtp_url or settings.imap_url) and not settings.email_from:
        raise MissingSetting("KVITT_EMAIL_FROM", "e-mail needs a sender address")
    if settings.email_from and not settings.smtp_url:
        raise MissingSetting("KVITT_SMTP_URL", "e-mail needs a mail server to send it")
    if settings.email_from and not _ADDRESS.fullmatch(parseaddr(settings.email_from)[1]):
        raise BadSetting("KVITT_EMAIL_FROM", "is no e-mail address; write it like bills@clinic.example")
    for name, url, plain in (
        ("KVITT_SMTP_URL", settings.smtp_url, "smtp"),
        ("KVITT_IMAP_URL", settings.imap_url, "imap"),
    ):
        if url:
            _check_server(name, url.get_secret_value(), plain)


def _check_server(name: str, url: str, plain: str) -> None:
    """A mail server's address; its secret is not repeated."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in {plain, f"{plain}s"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise BadSetting(name, f"is no mail server; write it like {plain}s://user:password@mail.example.org")


def _check_public_url(url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(
            "KVITT_PUBLIC_URL", f"{url!r} is no address; write it like https://bills.example.org"
        )
    if parts.query or parts.fragment:
        raise BadSetting("KVITT_PUBLIC_URL", f"{url!r} goes on after its path; leave out what follows ? or #")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadSetting(
            "KVITT_PUBLIC_URL", "must begin with https:// (messages about bills pass through it)"
        )
