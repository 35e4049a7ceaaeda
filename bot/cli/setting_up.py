"""kvitt init, doctor, db upgrade, policy show: before anything is sent."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing import policy as policies
from billing.refusals import Refusal
from bot import settings, wiring
from bot.cli.output import print_table, tell
from bot.settings import CONFIG
from storage import schema
from storage.transaction import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from billing.policy import Policy

database = typer.Typer(help="The database.", no_args_is_help=True)
policy = typer.Typer(help="Policies: what may be said to whom, when.", no_args_is_help=True)

TEMPLATE = """\
# Kvitt. Every KVITT_... setting may stand here in small letters; the environment wins.
database_url = "sqlite:///kvitt.db"   # or postgresql+psycopg://user:password@host/name
policy = "generic"                    # generic, us, se, or the path of a policy file
sending = "approve"                   # live, approve, shadow or stopped
secret_key = "{secret}"

# SMS and WhatsApp: twilio_account_sid, twilio_auth_token, twilio_from, twilio_whatsapp_from
# Telegram: telegram_token, telegram_mode ("polling" or "webhook"), telegram_webhook_secret
# E-mail: smtp_url = "smtps://user:password@mail.example.org", email_from, imap_url = "imaps://..."
# Letters: letters_folder, and under [creditor] address = ["12 Elm Street", "Portland, OR 97205"]
# Where the world reaches you: public_url = "https://bills.example.org"

[creditor]
name = "Elm Street Clinic"
phone = "+1 503 555 0100"
hours = "weekdays 9 to 4"
zone = "America/Los_Angeles"
country = "US"
language = "en"
helpline = "988"
ways_to_pay = [{{ name = "Card", details = "elm.example/pay" }}]
"""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("init")(init)
    app.command("doctor")(doctor)
    app.add_typer(database, name="db")
    app.add_typer(policy, name="policy")


def init() -> None:
    """Write a kvitt.toml to fill in."""
    file = Path(CONFIG)
    if file.exists():
        raise settings.BadSetting(CONFIG, "is there already and was left as it is")
    file.write_text(TEMPLATE.format(secret=secrets.token_urlsafe(32)), encoding="utf-8")
    file.chmod(0o600)
    tell(f"wrote {CONFIG}: put your own name, phone and ways to pay under [creditor], then kvitt doctor")


def doctor() -> None:
    """Check settings, policy, words and database, and say what to mend."""
    broken = False
    for what, found, fine in _checks():
        tell(f"{'ok  ' if fine else 'mend'} {what}: {found}")
        broken = broken or not fine
    if broken:
        raise typer.Exit(1)


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to this release's schema."""
    loaded = settings.load()
    opened = Database(loaded.database_url)
    try:
        before = schema.version(opened.engine)
        schema.upgrade(opened.engine)
    finally:
        opened.close()
    tell(f"schema {before or 'none'} -> {schema.HEAD}")


@policy.command("show")
def show(name: Annotated[str, typer.Argument(help="generic, us, se, or a file.")] = "") -> None:
    """A policy in words, with the source of every rule."""
    found = policies.load(name or settings.load().policy)
    tell(f"{found.title} ({found.name}, version {found.version})")
    print_table(("rule", "what it says", "source"), _rules(found), "")


def _rules(found: Policy) -> Iterator[tuple[str, str, str]]:
    if found.announcement:
        large = found.announcement
        says = f"a bill of {large.above} or more, as soon as it is issued; then wait {large.wait_days} days"
        yield "announcement", says, large.source
    for number, level in enumerate(found.levels, start=1):
        channels = ", then ".join(channel.value for channel in level.channels)
        says = (
            f"{level.after_due_days} days after the due date by {channels}; then wait {level.wait_days} days"
        )
        yield f"level {number}, {level.name}", says, level.source
    caps = found.caps
    often = (
        f"at most {caps.per_bill} a bill and {caps.per_person} a person in {caps.days} days, "
        f"{caps.min_gap_hours} hours apart"
    )
    yield "how often", often, caps.source
    hours = [found.window.on(day) for day in range(7)]
    open_days = [
        f"{name} {on[0]:%H:%M}-{on[1]:%H:%M}" for name, on in zip(policies.DAYS, hours, strict=True) if on
    ]
    yield "when", ", ".join(open_days) + " in the recipient's time", found.window.source
    who = found.identity
    yield (
        "identity",
        f"birth date, for {who.lasts_hours} hours; {who.tries} wrong tries lock for {who.lock_hours} hours",
        who.source,
    )
    plan = found.plan
    yield "plan", f"from {plan.smallest} a month, at most {plan.longest} months", plan.source
    promise = found.promise
    yield "promise", f"at most {promise.longest_days} days ahead", promise.source
    rules = found.placement
    written = "; needs a written notice" if rules.needs_written_notice else ""
    collector = (
        f"{rules.after_final_days} days after the final notice, {rules.after_due_days} after the due date, "
        f"from {rules.minimum}{written}; a person approves"
    )
    yield "collector", collector, rules.source
    yield (
        "limitation",
        f"{found.limitation.years} years unless the region says otherwise",
        found.limitation.source,
    )


def _checks() -> Iterator[tuple[str, str, bool]]:
    try:
        loaded = settings.load()
    except Refusal as refusal:
        yield "settings", str(refusal), False
        return
    yield "settings", "read", True
    for warning in loaded.warnings:
        yield "settings", warning, False
    yield _tried("policy", lambda: f"{policies.load(loaded.policy).title}")
    yield _tried("words", lambda: f"{len(wiring.build_house(loaded).available)} channel(s) can be spoken on")
    yield _tried("database", lambda: _database(loaded.database_url))
    channels = ", ".join(sorted(channel.value for channel in wiring.channels(loaded)))
    yield "channels", channels or "none is set up: messages cannot leave", bool(channels)
    if loaded.sms or loaded.whatsapp:
        address = f"{loaded.public_url}{wiring.MESSAGES_PATH}" if loaded.public_url else ""
        yield "webhooks", address or "KVITT_PUBLIC_URL is not set: Twilio cannot reach you", bool(address)
    if loaded.email:
        yield _tried("e-mail out", lambda: _smtp(loaded))
    if loaded.imap_url:
        yield _tried("e-mail in", lambda: _imap(loaded))
    if loaded.letters_folder:
        yield _tried("letters", lambda: _letters(loaded.letters_folder))
    yield "sending", f"{loaded.sending.value}", True


def _database(url: str) -> str:
    opened = Database(url)
    try:
        found = schema.version(opened.engine)
    finally:
        opened.close()
    if found not in {None, schema.HEAD}:
        raise schema.SchemaOutOfDate(str(found))
    return f"schema {found}" if found else "empty; the first command makes the schema"


def _smtp(loaded: settings.Settings) -> str:
    """Enter the mail server once."""
    channel = wiring.email_channel(loaded)
    assert channel
    asyncio.run(channel.probe())
    return f"{loaded.email_from} may send"


def _imap(loaded: settings.Settings) -> str:
    """Enter the mailbox once."""
    mailbox = wiring.mailbox(loaded)
    assert mailbox
    mailbox.probe()
    return "the mailbox can be read"


def _letters(folder: Path | None) -> str:
    """Print a page to nowhere, and see that the folder can be written to."""
    assert folder
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise settings.BadSetting("KVITT_LETTERS_FOLDER", f"{folder} cannot be written to")
    return f"batches go to {folder}"


def _tried(what: str, check: Callable[[], str]) -> tuple[str, str, bool]:
    try:
        return what, check(), True
    except Refusal as refusal:
        return what, str(refusal), False
    except Exception as error:  # noqa: BLE001 - the doctor tells, whatever it is
        return what, f"{type(error).__name__}: {str(error).splitlines()[0]}", False
