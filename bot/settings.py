"""All settings as one typed object; an incomplete configuration is refused at the start."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Final, Literal, get_args

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
from billing.given_files import regular
from billing.policy import keys
from bot import setting_checks, setting_names
from bot.journal_table import JournalTable
from bot.proxies import Network, networks
from bot.setting_checks import CONFIG, BadSetting
from bot.settings_tables import (
    ClaimsTable,
    CollectorTable,
    CostsTable,
    CreditorTable,
    PayerTable,
)
from handlers import logs
from messages import languages

PREFIX: Final = "KVITT_"


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
    values = _file(file)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise _explained(error, file, values) from None
    except SettingsError as error:
        # The library names the field in quotes, and quotes nothing else.
        name = str(error).partition('"')[2].partition('"')[0]
        raise BadSetting(
            f"{PREFIX}{name.upper()}", f"is no JSON; a table is easier to write in {CONFIG}"
        ) from None
    setting_checks.check(settings)
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


def _file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(regular(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if "KVITT_CONFIG" in os.environ:
            raise BadSetting("KVITT_CONFIG", f"there is no file {file}") from None
        return {}
    except OSError as error:
        raise BadSetting(str(file), f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise BadSetting(str(file), f"is not TOML: {why}") from None


def _explained(error: ValidationError, file: Path, problem: dict[str, Any]) -> BadSetting:
    first = error.errors()[0]
    path = [str(step) for step in first["loc"]]
    in_file = path[0] in problem and f"{PREFIX}{path[0].upper()}" not in os.environ
    name = f"{file}, {'.'.join(path)}" if in_file else f"{PREFIX}{'_'.join(path).upper()}"
    if first["type"] == "extra_forbidden":
        return BadSetting(name, "there is no such setting; fix its spelling or remove it")
    found = first["input"]
    shown = f" (found {found!r})" if isinstance(found, str) and not _secret(path) else ""
    wanted = "" if first["type"] == "value_error" else keys.at(Settings, first["loc"])
    said = f"write {wanted}" if wanted else first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        said = f"is missing; {said}" if wanted else "is missing"
    return BadSetting(name, said + shown)


def _secret(path: list[str]) -> bool:
    """Whether a setting may hold a secret, by the type of its field; a URL may, as it can hold a login."""
    model: Any = Settings
    for step in path:
        field = getattr(model, "model_fields", {}).get(step)
        if field is None:
            continue  # a place in a list, or what is in a field that is no table
        kinds = [field.annotation]
        while kinds:
            kind = kinds.pop()
            if kind is SecretStr or step.endswith("url"):
                return True
            kinds += get_args(kind)
            model = kind if hasattr(kind, "model_fields") else model
    return False


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
