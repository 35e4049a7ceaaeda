"""All settings as one typed object; an incomplete configuration is refused at the start."""

from __future__ import annotations

import os
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from billing.gate import SendingSwitch
from bot import setting_errors, setting_names, twilio_ids
from bot.journal_table import JournalTable
from bot.proxies import Network, networks
from bot.setting_errors import CONFIG, PREFIX, BadSetting, MissingSetting
from bot.settings_tables import (
    LOOPBACK,
    ClaimsTable,
    CollectorTable,
    CostsTable,
    CreditorTable,
    PayerTable,
)
from handlers import logs
from messages import languages

_ADDRESS: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.?[^\s@<>]*")


class Settings(BaseSettings):
    """Every setting: ``KVITT_…`` in the environment, or the same in small letters in ``kvitt.toml``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database_url: str = "sqlite:///kvitt.db"
    policy: str = "generic"
    sending: SendingSwitch = SendingSwitch.APPROVE
    secret_key: SecretStr | None = None
    key: SecretStr | None = None
    key_file: Path | None = None
    stops_key: SecretStr | None = None
    public_url: str | None = None
    trusted_proxies: str = ""
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
    twilio_messaging_service: str | None = None
    twilio_whatsapp_from: str | None = None
    twilio_api_url: str | None = None
    twilio_whatsapp_templates: dict[str, dict[str, str]] = Field(default_factory=dict)
    telegram_token: SecretStr | None = None
    telegram_api_url: str | None = None
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_webhook_secret: SecretStr | None = None
    telegram_name: str | None = None
    telegram_staff_chat: str = ""
    open_claims: bool = True
    staff_digest_hour: int = Field(default=8, ge=0, le=23)
    smtp_url: SecretStr | None = None
    email_from: str | None = None
    imap_url: SecretStr | None = None
    letters_folder: Path | None = None
    languages_folder: Path | None = None
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api_url: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    creditor: CreditorTable = Field(default_factory=CreditorTable)
    collectors: tuple[CollectorTable, ...] = ()
    payers: tuple[PayerTable, ...] = ()
    costs: CostsTable = Field(default_factory=CostsTable)
    journal: JournalTable = Field(default_factory=JournalTable)
    claims: ClaimsTable | None = None

    @field_validator("collectors")
    @classmethod
    def _names_unique(cls, collectors: tuple[CollectorTable, ...]) -> tuple[CollectorTable, ...]:
        names = [name for one in collectors for name in {one.id, one.name}]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} names two collectors; give each an id and a name of its own")
        return collectors

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours names the file in errors
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, and below it what was read from the file."""
        return (EnvSettingsSource(settings_cls), init_settings)

    @field_validator("telegram_staff_chat", mode="before")
    @classmethod
    def _chats(cls, value: object) -> str:
        text = str(value)
        if any(not re.fullmatch(r"-?\d{1,16}", one) for one in text.replace(",", " ").split()):
            raise ValueError(f"{text!r} is no chat id; write one like -1001234567890, several with commas")
        return text

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> str:
        networks(str(value))
        return str(value)

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of proxies that may say for whom they ask."""
        return networks(self.trusted_proxies)

    @property
    def staff_chats(self) -> tuple[str, ...]:
        """The Telegram chats the desk reads, each once."""
        return tuple(dict.fromkeys(self.telegram_staff_chat.replace(",", " ").split()))

    @field_validator("letters_folder", "languages_folder", "key_file", mode="before")
    @classmethod
    def _named(cls, folder: object) -> object:
        """An empty name means no folder, and not the folder that Kvitt runs in."""
        return folder or None

    @property
    def sms(self) -> bool:
        """Whether SMS through Twilio is set up."""
        return bool(self.twilio_account_sid and (self.twilio_from or self.twilio_messaging_service))

    @property
    def whatsapp(self) -> bool:
        """Whether WhatsApp through Twilio is set up."""
        return bool(self.twilio_account_sid and self.twilio_whatsapp_from)

    @property
    def stripe(self) -> bool:
        """Whether cards are taken through Stripe."""
        return self.stripe_secret_key is not None

    @property
    def email(self) -> bool:
        """Whether e-mail can be sent."""
        return bool(self.smtp_url and self.email_from)

    @property
    def letters(self) -> bool:
        """Whether letters can be printed."""
        return self.letters_folder is not None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about settings that work, but probably not as intended."""
        found = []
        if self.creditor == CreditorTable():
            found.append(
                f"no [creditor] in {CONFIG}: messages are signed 'Your provider' (kvitt init writes one)"
            )
        if self.secret_key is None:
            found.append("KVITT_SECRET_KEY is not set: no Telegram links can be made")
        if self.stops_key is not None and self.key is None:
            found.append("KVITT_STOPS_KEY counts only beside KVITT_KEY, which is not set: key files are used")
        if self.public_url and self.public_url.startswith("https://") and not self.proxies:
            found.append(
                "KVITT_TRUSTED_PROXIES is not set: the proxy in front counts as one client (docs/proxy.md)"
            )
        if self.email and self.imap_url is None:
            found.append(
                "KVITT_IMAP_URL is not set: pipe answers and bounces into kvitt mail take, or they are lost"
            )
        found += setting_names.unused(os.environ, Settings.model_fields)
        return tuple(found)


def load() -> Settings:
    """The settings of the environment and of ``kvitt.toml`` (or the file that KVITT_CONFIG names).

    Raises:
        BadSetting: a value is wrong, unknown, or does not fit the others.
        MissingSetting: half of a channel is set up.
        BadWordList: a language of the languages folder is not complete.
    """
    file = path()
    for name, why in setting_names.refused(os.environ, Settings.model_fields):
        raise BadSetting(name, why)
    values = setting_errors.read(file)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise setting_errors.explained(error, Settings, file, values) from None
    except SettingsError as error:
        # The library names the field in quotes, and quotes nothing else.
        name = str(error).partition('"')[2].partition('"')[0]
        raise BadSetting(
            f"{PREFIX}{name.upper()}", f"is no JSON; a table is easier to write in {CONFIG}"
        ) from None
    _check(settings)
    logs.set_level(settings.log_level)
    _speak(settings.languages_folder)
    _check_languages(settings.creditor)
    return settings


def folder() -> Path:
    """The folder of the settings file."""
    return path().parent


def path() -> Path:
    """The settings file: ``kvitt.toml``, or the file that KVITT_CONFIG names."""
    return Path(os.environ.get("KVITT_CONFIG", CONFIG))


def _speak(folder: Path | None) -> None:
    """Add the languages of a folder to those that come with Kvitt."""
    if folder is None:
        return
    if not folder.is_dir():
        raise BadSetting("KVITT_LANGUAGES_FOLDER", f"there is no folder {folder}")
    languages.add(folder.resolve())
    languages.check()


def _check_languages(creditor: CreditorTable) -> None:
    """Whether what is written for customers is in languages that are spoken: a slip would never be read."""
    spoken = languages.languages()
    for key, found in creditor.languages.items():
        for unknown in sorted(found.difference(spoken)):
            raise BadSetting(
                f"[creditor] {key}", f"no language is {unknown!r}: write one of {', '.join(spoken)}"
            )


def _check(settings: Settings) -> None:
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
    _check_stripe_keys(settings)


def _check_stripe_keys(settings: Settings) -> None:
    """Stripe's keys say by how they begin what they are for; they are never quoted."""
    for name, key, others, ours in (
        ("KVITT_STRIPE_SECRET_KEY", settings.stripe_secret_key, ("pk_", "whsec_"), "sk_ or rk_"),
        ("KVITT_STRIPE_WEBHOOK_SECRET", settings.stripe_webhook_secret, ("pk_", "sk_", "rk_"), "whsec_"),
    ):
        if key and key.get_secret_value().startswith(others):
            raise BadSetting(name, f"another of Stripe's keys is there: this one begins with {ours}")


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
