"""kvitt init: the settings file, filled in with what a person at a terminal is asked."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.accounts.roles import Role
from billing.refusals import Refusal
from bot import key_files, sample_creditor, settings
from bot.cli import token_file
from bot.cli.opened import opened
from bot.cli.output import print_line
from bot.outgoing_file import write_text
from bot.setting_errors import CONFIG, BadSetting
from handlers.desk import on_call, signing_in, users

if TYPE_CHECKING:
    from collections.abc import Callable

_POLICIES = {"US": "us", "SE": "se", "GB": "uk"}
"""The policy that is proposed for a country; others begin with the generic one."""
_LANGUAGES = {"SE": "sv", "ES": "es", "MX": "es", "DE": "de", "AT": "de"}
_HOURS = {"sv": "vardagar 9-16", "es": "de lunes a viernes de 9 a 16", "de": "werktags 9 bis 16 Uhr"}
_WAYS = {"sv": "Kort", "es": "Tarjeta", "de": "Karte"}
"""What is proposed in the language of messages: customers read it as it is written."""

TEMPLATE = """\
# Kvitt. Every KVITT_... setting may be set here in lower case; environment variables override it.
database_url = "sqlite:///kvitt.db"   # or postgresql+psycopg://user:password@host/name
policy = {policy}                    # generic, us, uk, se, or the path of a policy file
sending = "approve"                   # live, approve, shadow or stopped
secret_key = {secret}

# SMS and WhatsApp: twilio_account_sid, twilio_auth_token, twilio_from, twilio_whatsapp_from
# Telegram: telegram_token, telegram_mode ("polling" or "webhook"), telegram_webhook_secret
# Cards: stripe_secret_key, stripe_webhook_secret
# E-mail: smtp_url = "smtps://user:password@mail.example.org", email_from, imap_url = "imaps://..."
# Letters: letters_folder, and under [creditor] address = ["12 Elm Street", "Portland, OR 97205"]
# Where the world reaches you: public_url = "https://bills.example.org"
{channels}
[creditor]
name = {name}
phone = {phone}
hours = {hours}
zone = {zone}
country = {country}
language = {language}
{helpline}ways_to_pay = [{{ name = {way}, details = {details} }}]
"""
CUSTOMERS = """\
customer_id,name,birth_date,phone,sms_consent_on,sms_consent_basis
C-1,Ada Lind,1984-02-28,+15035550142,2026-10-05,signed form
C-2,Bo Tran,1990-06-14,+15035550177,2026-10-05,signed form
C-3,Cal Ruiz,1975-03-02,,,
"""
BILLS = """\
bill_id,customer_id,issued_on,due_on,currency,amount,description
B-1,C-1,2026-10-06,2026-11-05,USD,180.00,Check-up and two X-rays
B-2,C-2,2026-11-10,2026-12-10,USD,95.00,Cleaning
B-3,C-3,2026-10-12,2026-11-11,USD,60.00,Fluoride
"""


@dataclass
class _Answers:
    """What the file is written with: the sample creditor, until somebody says otherwise."""

    name: str = sample_creditor.NAME
    phone: str = sample_creditor.PHONE
    hours: str = "weekdays 9 to 4"
    zone: str = "America/Los_Angeles"
    country: str = "US"
    language: str = "en"
    policy: str = "generic"
    way: str = "Card"
    details: str = sample_creditor.PAY
    pager: str = ""
    channels: dict[str, str] = field(default_factory=dict)

    def speak(self, language: str) -> None:
        """Take a language for messages, and what is proposed in it."""
        self.language = language
        self.hours, self.way = _HOURS.get(language, self.hours), _WAYS.get(language, self.way)

    def text(self, secret: str) -> str:
        """The settings file."""
        named = ("name", "phone", "hours", "zone", "country", "language", "policy", "way", "details")
        values = {one: _toml(getattr(self, one)) for one in named}
        lines = "".join(f"{key} = {_toml(value)}\n" for key, value in self.channels.items())
        helpline = 'helpline = "988"\n' if self.country == "US" else ""
        return TEMPLATE.format(secret=_toml(secret), channels=lines, helpline=helpline, **values)


def init(
    user: Annotated[str, typer.Option(help="The name of the first user, an operator.")] = "operator",
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: for scripts; what is not given is the sample's.")
    ] = False,
    example: Annotated[
        bool, typer.Option("--example", help="Also write customers.csv and bills.csv, ready to import.")
    ] = False,
    name: Annotated[str, typer.Option(help="Who is owed, as customers read it.")] = "",
    phone: Annotated[str, typer.Option(help="Where customers reach you, like '+1 503 555 0100'.")] = "",
    country: Annotated[str, typer.Option(help="Your country, like US.")] = "",
    zone: Annotated[str, typer.Option(help="Your time zone, like America/Los_Angeles.")] = "",
    pay: Annotated[str, typer.Option(help="Where customers pay: a web address, an account.")] = "",
    policy: Annotated[str, typer.Option(help="generic, us, uk, se, or a policy file.")] = "",
    pager: Annotated[
        str, typer.Option(help="Your own mobile number: it is paged when a customer is in danger.")
    ] = "",
) -> None:
    """Write the settings file kvitt.toml; at a terminal it asks for what belongs there."""
    file = Path(CONFIG)
    if file.exists():
        raise BadSetting(CONFIG, "is there already and was left as it is")
    given = {
        "name": name,
        "phone": phone,
        "country": country.upper(),
        "zone": zone,
        "details": pay,
        "pager": pager,
    }
    answers = _Answers()
    for key, value in given.items():
        setattr(answers, key, value or getattr(answers, key))
    answers.policy = policy or (_POLICIES.get(country.upper(), "generic") if country else answers.policy)
    answers.speak(_LANGUAGES.get(answers.country, "en"))
    if sys.stdin.isatty() and not yes:
        _ask(answers, {key for key, value in {**given, "policy": policy}.items() if value})
    write_text(file, answers.text(secrets.token_urlsafe(32)), own=True)
    try:
        loaded = settings.load()
        signed_in = _first_user(user, answers.pager)
    except Refusal:
        file.unlink()  # what was given is to be corrected, and the command given again
        raise
    if sample_creditor.left(loaded.creditor):
        print_line(
            f"wrote {CONFIG}: put your own name, phone and ways to pay under [creditor], then kvitt doctor"
        )
    else:
        print_line(f"wrote {CONFIG}: kvitt doctor says what is still missing")
    print_line(signed_in)
    where = key_files.source(loaded).where
    print_line(f"the database is sealed by the key in {where}: keep a copy of it apart from backups")
    if example:
        _write_example()


def _ask(answers: _Answers, given: set[str]) -> None:
    """Ask for what was not given on the command line."""

    def ask(key: str, question: str, usual: str) -> None:
        if key not in given:
            setattr(answers, key, typer.prompt(question, default=usual or None))

    ask("name", "Who is owed, as customers should read it", "")
    ask("country", "Your country, two letters", "US")
    answers.country = answers.country.upper()
    ask("phone", "A phone number where customers reach you, with its country", "")
    ask("zone", "Your time zone", _zone_of(answers))
    ask(
        "language",
        "The language of messages unless a customer chose one",
        _LANGUAGES.get(answers.country, "en"),
    )
    answers.speak(answers.language)
    ask("hours", "When your phone is answered", answers.hours)
    ask("policy", "The policy of the place (generic, us, uk, se)", _POLICIES.get(answers.country, "generic"))
    ask("way", "How customers pay: what it is called", answers.way)
    ask("details", "and where: a web address, an account number", "")
    ask("pager", "Your own mobile number: it is paged when a customer is in danger", "")
    _ask_channels(answers.channels, typer.prompt)


def _ask_channels(channels: dict[str, str], prompt: Callable[..., str]) -> None:
    by = _one_of(
        prompt, "Texts go by (twilio, telegram, both, or later)", ("later", "twilio", "telegram", "both")
    )
    if by in {"twilio", "both"}:
        channels["twilio_account_sid"] = prompt("Twilio's account SID, AC…")
        channels["twilio_auth_token"] = prompt("Its auth token", hide_input=True)
        channels["twilio_from"] = prompt("The number texts come from, like +15035550123")
    if by in {"telegram", "both"}:
        channels["telegram_token"] = prompt("The bot's token, from @BotFather", hide_input=True)
    if by in {"twilio", "both"}:
        channels["public_url"] = prompt("The https address the world reaches Kvitt at")
        channels["trusted_proxies"] = prompt("The address of the web server in front", default="127.0.0.1")


def _one_of(prompt: Callable[..., str], question: str, allowed: tuple[str, ...]) -> str:
    """One of some words, the first where nothing is said; asked again until it is one."""
    while (said := prompt(question, default=allowed[0]).strip().lower()) not in allowed:
        print_line(f"{said!r} is none of these")
    return said


def _zone_of(answers: _Answers) -> str:
    """The time zone of a phone number, where it has just one."""
    from handlers.people import phones  # noqa: PLC0415 - slow to load, and only asked for here

    try:
        zones = sorted(phones.zones_of_phone(phones.e164(answers.phone, answers.country)))
    except Refusal:
        return ""
    return zones[0] if zones else ""


def _first_user(name: str, phone: str) -> str:
    """The first who may decide anything, unless the database has users who can; their token in a file.

    Returns what is to be said of it.
    """
    with opened() as kvitt, kvitt.database.write() as session:
        if not signing_in.may_begin(session):
            return "the database has users who sign in with their tokens"
        context = kvitt.context(session)
        token = users.add_first(context, name, Role.OPERATOR, None, phone or None)
        if phone:
            on_call.set_rota(context, [name], name)
        file = token_file.save(token, Path())
        if file is None:
            raise token_file.TokenFileThere(Path(token_file.FILE))
    return f"wrote {file}: the token of the user {name}, an operator; whoever can read it can act as {name}"


def _write_example() -> None:
    """Two files that can be imported as they are; a file that is there already is left."""
    for name, text in (("customers.csv", CUSTOMERS), ("bills.csv", BILLS)):
        file = Path(name)
        if file.exists():
            print_line(f"{name} is there already and was left as it is")
        else:
            write_text(file, text)
    print_line(
        "kvitt import customers.csv bills.csv takes the example; kvitt import --columns has every column"
    )


def _toml(text: str) -> str:
    """A text as TOML writes it: as JSON does."""
    return dumps(text, ensure_ascii=False)
