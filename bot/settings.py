"""One typed object for everything an operator can set; refuses half a configuration."""

from __future__ import annotations

import os
import re
import tomllib
from decimal import Decimal
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from stdnum import luhn

from billing.collectors import Basis, Collector, Rate, Remits
from billing.creditor import Creditor, WayToPay
from billing.filing import Filer
from billing.gate import Sending
from billing.refusals import Refusal
from bot.journal_table import JournalTable

CONFIG: Final = "kvitt.toml"
PREFIX: Final = "KVITT_"
_ADDRESS: Final = re.compile(r"[^\s@<>]+@[^\s@<>]+\.?[^\s@<>]*")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class BadSetting(Refusal):
    """A setting cannot be used as it stands."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


class MissingSetting(Refusal):
    """Something was asked for that needs a setting nobody made."""

    def __init__(self, name: str, what_for: str) -> None:
        super().__init__(f"{name} is not set: {what_for}; set it in the environment or in {CONFIG}")


class PayBy(BaseModel):
    """One way to pay, as ``kvitt.toml`` names it."""

    model_config = ConfigDict(extra="forbid")
    name: str
    details: str = ""


class CreditorTable(BaseModel):
    """The ``[creditor]`` table: who is owed."""

    model_config = ConfigDict(extra="forbid")
    name: str = "Your provider"
    phone: str = ""
    hours: str = ""
    zone: str = "UTC"
    country: str = ""
    language: str = "en"
    helpline: str = ""
    ways_to_pay: tuple[PayBy, ...] = ()
    address: tuple[str, ...] = ()
    """Street, place, country: the lines of the sender on a letter."""
    aid_phone: str = ""
    aid_url: str = ""
    company_number: str = ""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{zone!r} is no time zone; write one like Europe/Stockholm") from None
        return zone

    def as_creditor(self) -> Creditor:
        """The creditor as the rules and the words know it."""
        ways = tuple(WayToPay(way.name, way.details) for way in self.ways_to_pay)
        facts = self.model_dump(exclude={"zone", "ways_to_pay"})
        return Creditor(**facts, zone=ZoneInfo(self.zone), ways_to_pay=ways)


class RateTable(BaseModel):
    """A contingency percentage, and up to how many days past due it holds."""

    model_config = ConfigDict(extra="forbid")
    percent: Decimal = Field(ge=0, le=100)
    up_to_days: int | None = Field(default=None, ge=0)


class CollectorTable(BaseModel):
    """A ``[[collectors]]`` table: who collects, and what the contract says; amounts in whole units."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    name: str = Field(min_length=1)
    statement_of_work: str = Field(min_length=1)
    rates: tuple[RateTable, ...] = Field(min_length=1)
    phone: str = ""
    email: str = ""
    basis: Basis = Basis.PRINCIPAL
    keeps_fees_and_interest: bool = False
    remits: Remits = Remits.NET
    minimum: int = Field(default=0, ge=0)
    recall_days: int = Field(default=0, ge=0)
    four_eyes_above: int | None = Field(default=None, ge=0)

    @field_validator("rates")
    @classmethod
    def _climbing(cls, rates: tuple[RateTable, ...]) -> tuple[RateTable, ...]:
        days = [rate.up_to_days for rate in rates]
        ends = [day for day in days if day is not None]
        if days[-1] is not None or None in days[:-1] or ends != sorted(set(ends)):
            raise ValueError("up_to_days must grow from rate to rate, and the last rate has none")
        return rates

    def as_collector(self) -> Collector:
        """The collector as the rules know it."""
        facts = self.model_dump(exclude={"rates", "keeps_fees_and_interest"})
        rates = tuple(Rate(rate.percent, rate.up_to_days) for rate in self.rates)
        return Collector(**facts, rates=rates, keeps_extras=self.keeps_fees_and_interest)


class PayerTable(BaseModel):
    """A ``[[payers]]`` table: how one payer is asked whether somebody is covered."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(min_length=1)
    eligibility: Literal["register", "fhir", "x12"] = "register"
    number: str = Field(default="", pattern=r"^([0-9A-Za-z ]{2,80})?$")
    """For ``x12``: what the payer is called in files; its id if left out."""
    url: str = ""
    """For ``fhir``: where a CoverageEligibilityRequest is submitted."""
    token: SecretStr | None = None
    timeout_seconds: float = Field(default=10, gt=0, le=30)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.eligibility == "fhir":
            parts = urlsplit(self.url)
            safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
            if not (safe and parts.netloc):
                raise ValueError(f"{self.url!r} is no address that starts with https://")
        return self


class CostsTable(BaseModel):
    """The ``[costs]`` table: what leaving costs, for estimates only."""

    model_config = ConfigDict(extra="forbid")
    sms_price: Decimal | None = Field(default=None, ge=0)
    """Of one SMS segment, in whole units of ``currency``."""
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")

    def of_segments(self, count: int) -> Decimal | None:
        """What so many segments cost; nothing where no price is set."""
        return None if self.sms_price is None else self.sms_price * count


class ClaimsTable(BaseModel):
    """The ``[claims]`` table: who files claims as X12, and how the files are addressed."""

    model_config = ConfigDict(extra="forbid")
    npi: str
    tax_id: str = Field(pattern=r"^\d{2}-?\d{7}$")
    street: str = Field(min_length=1)
    city: str = Field(min_length=1)
    region: str = Field(pattern=r"^[A-Z]{2}$")
    postal_code: str = Field(pattern=r"^\d{5}-?\d{4}$")
    """The billing provider's ZIP has nine digits (005010X222A1, loop 2010AA)."""
    sender_id: str = Field(min_length=2, max_length=15)
    receiver_id: str = Field(min_length=2, max_length=15)
    receiver_name: str = Field(min_length=1)
    taxonomy: str = Field(default="", pattern=r"^([0-9A-Z]{10})?$")
    contact: str = ""
    phone: str = ""
    """Of the contact; the creditor's if left out."""
    sender_qualifier: str = Field(default="ZZ", pattern=r"^(01|14|20|27|28|29|30|33|ZZ)$")
    receiver_qualifier: str = Field(default="ZZ", pattern=r"^(01|14|20|27|28|29|30|33|ZZ)$")
    place_of_service: str = Field(default="11", pattern=r"^\d{2}$")
    live: bool = False
    """Off, every file is marked as a test."""

    @field_validator("npi")
    @classmethod
    def _checked(cls, npi: str) -> str:
        if not re.fullmatch(r"[12]\d{9}", npi) or not luhn.is_valid(f"80840{npi}"):
            raise ValueError(f"{npi!r} is no NPI: look for a mistyped digit")
        return npi

    def as_filer(self, creditor: CreditorTable) -> Filer:
        """The filer as the files know it."""
        facts = self.model_dump()
        return Filer(name=creditor.name, **facts | {"phone": self.phone or creditor.phone})


class Settings(BaseSettings):
    """Every setting: ``KVITT_…`` in the environment, or the same in small letters in ``kvitt.toml``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database_url: str = "sqlite:///kvitt.db"
    policy: str = "generic"
    sending: Sending = Sending.APPROVE
    secret_key: SecretStr | None = None
    public_url: str | None = None
    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_from: str | None = None
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
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_api_url: str | None = None
    creditor: CreditorTable = Field(default_factory=CreditorTable)
    collectors: tuple[CollectorTable, ...] = ()
    payers: tuple[PayerTable, ...] = ()
    costs: CostsTable = Field(default_factory=CostsTable)
    journal: JournalTable = Field(default_factory=JournalTable)
    claims: ClaimsTable | None = None

    @field_validator("collectors")
    @classmethod
    def _told_apart(cls, collectors: tuple[CollectorTable, ...]) -> tuple[CollectorTable, ...]:
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
    def _chats(cls, told: object) -> str:
        text = str(told)
        if any(not re.fullmatch(r"-?\d{1,16}", one) for one in text.replace(",", " ").split()):
            raise ValueError(f"{text!r} is no chat id; write one like -1001234567890, several with commas")
        return text

    @property
    def staff_chats(self) -> tuple[str, ...]:
        """The Telegram chats the desk reads, each once."""
        return tuple(dict.fromkeys(self.telegram_staff_chat.replace(",", " ").split()))

    @field_validator("letters_folder", mode="before")
    @classmethod
    def _named(cls, folder: object) -> object:
        """An empty name is none, and not the folder Kvitt happens to run in."""
        return folder or None

    @property
    def sms(self) -> bool:
        """Whether SMS through Twilio is set up."""
        return bool(self.twilio_account_sid and self.twilio_from)

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
        """What works, but not as anybody would want it."""
        found = []
        if self.creditor == CreditorTable():
            found.append(
                f"no [creditor] in {CONFIG}: messages are signed 'Your provider' (kvitt init writes one)"
            )
        if self.secret_key is None:
            found.append("KVITT_SECRET_KEY is not set: no Telegram links can be made")
        if self.email and self.imap_url is None:
            found.append(
                "KVITT_IMAP_URL is not set: pipe answers and bounces into kvitt mail take, or they are lost"
            )
        return tuple(found)


def load() -> Settings:
    """The settings of the environment and of ``kvitt.toml`` (or the file that KVITT_CONFIG names).

    Raises:
        BadSetting: a value is wrong, unknown, or does not fit the others.
        MissingSetting: half of a channel is set up.
    """
    file = Path(os.environ.get("KVITT_CONFIG", CONFIG))
    told = _file(file)
    try:
        settings = Settings(**told)
    except ValidationError as error:
        raise _explained(error, file, told) from None
    _check(settings)
    return settings


def _file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if "KVITT_CONFIG" in os.environ:
            raise BadSetting("KVITT_CONFIG", f"there is no file {file}") from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(str(file), f"is not TOML: {error}") from None


def _explained(error: ValidationError, file: Path, told: dict[str, Any]) -> BadSetting:
    first = error.errors()[0]
    path = [str(step) for step in first["loc"]]
    in_file = path[0] in told and f"{PREFIX}{path[0].upper()}" not in os.environ
    name = f"{file}, {'.'.join(path)}" if in_file else f"{PREFIX}{'_'.join(path).upper()}"
    if first["type"] == "extra_forbidden":
        return BadSetting(name, "there is no such setting; mend its spelling or remove it")
    shown = f" (found {first['input']!r})" if isinstance(first["input"], str) else ""
    secret = any(word in name.lower() for word in ("token", "secret", "key"))
    return BadSetting(name, first["msg"].removeprefix("Value error, ") + ("" if secret else shown))


def _check(settings: Settings) -> None:
    _check_twilio(settings)
    _check_public_url(settings.public_url)
    _check_mail(settings)
    _check_stripe(settings)
    _check_claims(settings)
    if settings.letters and not settings.creditor.address:
        raise MissingSetting("[creditor] address", "a letter says who sends it and where it goes back to")


def _check_stripe(settings: Settings) -> None:
    if not (settings.stripe or settings.stripe_webhook_secret):
        return
    for name, there, what_for in (
        ("KVITT_STRIPE_SECRET_KEY", settings.stripe_secret_key, "Stripe makes pages to pay on with it"),
        (
            "KVITT_STRIPE_WEBHOOK_SECRET",
            settings.stripe_webhook_secret,
            "what Stripe posts is checked with it",
        ),
        ("KVITT_PUBLIC_URL", settings.public_url, "links to pay by begin with it"),
        ("KVITT_SECRET_KEY", settings.secret_key, "links to pay by are signed with it"),
    ):
        if not there:
            raise MissingSetting(name, what_for)


def _check_claims(settings: Settings) -> None:
    if settings.claims is None and any(one.eligibility == "x12" for one in settings.payers):
        raise MissingSetting("[claims]", "X12 names who asks, and how the files are addressed")
    if settings.claims and not (settings.claims.phone or settings.creditor.phone):
        raise MissingSetting("[claims] phone", "a file of claims names somebody who can be called about it")


def _check_twilio(settings: Settings) -> None:
    twilio = (settings.twilio_account_sid, settings.twilio_auth_token)
    senders = settings.twilio_from or settings.twilio_whatsapp_from
    if any(twilio) or senders:
        if not settings.twilio_account_sid:
            raise MissingSetting("KVITT_TWILIO_ACCOUNT_SID", "Twilio needs the account the numbers belong to")
        if not settings.twilio_auth_token:
            raise MissingSetting("KVITT_TWILIO_AUTH_TOKEN", "Twilio and its webhooks need it")
        if not senders:
            raise MissingSetting("KVITT_TWILIO_FROM", "Twilio needs a number to send from")
    _check_public_url(settings.public_url)
    _check_telegram(settings)


def _check_telegram(settings: Settings) -> None:
    if settings.staff_chats and settings.telegram_token is None:
        raise MissingSetting("KVITT_TELEGRAM_TOKEN", "the staff chat is a Telegram chat")
    if settings.telegram_token and settings.telegram_mode == "webhook":
        if not settings.public_url:
            raise MissingSetting("KVITT_PUBLIC_URL", "Telegram's webhook needs an address to post to")
        if not settings.telegram_webhook_secret:
            raise MissingSetting("KVITT_TELEGRAM_WEBHOOK_SECRET", "Telegram's webhook is checked with it")


def _check_mail(settings: Settings) -> None:
    if (settings.smtp_url or settings.imap_url) and not settings.email_from:
        raise MissingSetting("KVITT_EMAIL_FROM", "e-mail needs an address to come from")
    if settings.email_from and not settings.smtp_url:
        raise MissingSetting("KVITT_SMTP_URL", "e-mail needs a server to leave by")
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
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise BadSetting("KVITT_PUBLIC_URL", "must begin with https:// (messages about bills pass there)")
