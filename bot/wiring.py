"""Builds every part once, from the settings."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parseaddr
from typing import TYPE_CHECKING, cast

from sqlalchemy.exc import SQLAlchemyError

from billing import policy
from billing.accounts.channels import Channel
from bot import key_files
from bot.deferred import Deferred
from handlers import logs
from handlers.installation import Installation
from storage.database import schema, sealing_keys, trouble
from storage.database.engine import read_url
from storage.database.transaction import Database
from storage.sealing.keys import Keys, throwaway

if TYPE_CHECKING:
    from collections.abc import Mapping

    from billing.accounts.creditor import Creditor
    from billing.payers.eligibility import Asks
    from bot.channel import ChannelAdapter
    from bot.channels.email import EmailChannel
    from bot.channels.email.mailbox import Mailbox
    from bot.channels.telegram import TelegramChannel
    from bot.checkout import StripeCheckout
    from bot.clock import Clock
    from bot.inbound_email import Mailroom
    from bot.settings import Settings
    from handlers.outgoing import OutgoingKind
    from handlers.talk.conversation import Flows
    from messages.understanding.reading import TextReader
    from messages.writing.render import Words

MESSAGES_PATH = "/webhooks/twilio/messages"
STATUS_PATH = "/webhooks/twilio/status"
UNSUBSCRIBE_PATH = "/webhooks/email/unsubscribe"
STRIPE_PATH = "/webhooks/stripe"
PAY_PATH = "/pay/"
DESK_PATH = "/desk"


def hook_path(channel: Channel) -> str:
    """Where a channel's provider posts what comes in, if its adapter is a HookedAdapter."""
    return f"/webhooks/{channel}"


def open_database(settings: Settings) -> Database:
    """The database of the settings, with the schema made in an empty one.

    Raises:
        BadDatabaseUrl: the URL names no database Kvitt can use.
        DatabaseTrouble: it cannot be worked with.
        SchemaOutOfDate: it was made by an earlier release.
        SchemaTooNew: it was made by a later release.
        AnotherProgramsDatabase: its tables are not Kvitt's.
    """
    try:
        database = Database(settings.database_url, keys_of(settings))
        schema.ensure(database.engine)
    except SQLAlchemyError as error:
        raise trouble.explained(error, read_url(settings.database_url)) or error from None
    return database


def keys_of(settings: Settings, *, make: bool = False) -> Keys:
    """The keys of the settings' database; those that are not there are made for an empty one.

    With ``make`` they are made for any database in which nothing is sealed yet.

    Raises:
        billing.refusals.Refusal: they cannot be read.
    """
    source = key_files.source(settings)
    if isinstance(source, key_files.KeyFiles) and not source.complete:
        # Never a second key for what is sealed already: the sentence of the missing file says what to do.
        without = Database(settings.database_url, throwaway())
        try:
            empty = schema.version(without.engine) is None
            plain = not sealing_keys.known(without.engine)
        finally:
            without.close()
        if empty or (make and plain):
            source.make()
    return Keys(source)


def build_installation(settings: Settings) -> Installation:
    """The installation's policy, creditor, wording and switch, built from the settings.

    What it says and understands is loaded when it is first needed: most commands do neither.

    Raises:
        BadPolicy: the policy cannot be used.
    """
    creditor = settings.creditor.as_creditor()
    return Installation(
        policy=policy.load(settings.policy),
        creditor=creditor,
        words=cast("Words", Deferred(lambda: _words(creditor))),
        reading=cast("TextReader", Deferred(_reading)),
        flows=cast("Flows", Deferred(_flows)),
        sending=settings.sending,
        available=set_up(settings),
        outgoing=outgoing_kinds,
        staff_chats=settings.staff_chats,
        digest_hour=settings.staff_digest_hour,
        link_secret=settings.secret_key.get_secret_value() if settings.secret_key else "",
        collectors=tuple(one.as_collector() for one in settings.collectors),
        eligibility=payers(settings),
        opens_claims=settings.open_claims,
        pay_url=f"{(settings.public_url or '').rstrip('/')}{PAY_PATH}" if settings.stripe else "",
        public_url=(settings.public_url or "").rstrip("/"),
        desk_url=f"{settings.public_url.rstrip('/')}{DESK_PATH}" if settings.public_url else "",
        chats=chats(settings),
    )


def load(installation: Installation) -> Installation:
    """The same installation with everything loaded: before a process serves, so that no message waits for it.

    Raises:
        MissingWording: a declared message has no wording in some language.
    """
    words = _words(installation.creditor)
    words.compile_all()
    logs.logger()
    schema.load()
    installation.outgoing()
    return replace(installation, words=words, reading=_reading(), flows=_flows())


def _words(creditor: Creditor) -> Words:
    from messages.writing.render import Words  # noqa: PLC0415 - slow to load

    return Words(creditor)


def _reading() -> TextReader:
    from messages.understanding.reading import TextReader  # noqa: PLC0415 - slow to load

    return TextReader()


def _flows() -> Flows:
    from handlers.conversation.flow_registry import FLOW_REGISTRY  # noqa: PLC0415 - slow to load
    from handlers.talk.conversation import Flows  # noqa: PLC0415

    return Flows(FLOW_REGISTRY, _reading())


def outgoing_kinds() -> Mapping[str, OutgoingKind]:
    """Every kind of outgoing message, by name."""
    from bot.outgoing_kinds import OUTGOING_KINDS  # noqa: PLC0415 - only where something leaves

    return OUTGOING_KINDS


def stripe_checkout(settings: Settings) -> StripeCheckout | None:
    """The checkout for cards, if the settings have Stripe."""
    if settings.stripe_secret_key is None or settings.public_url is None:
        return None
    from bot.checkout import StripeCheckout  # noqa: PLC0415 - slow to load

    return StripeCheckout(
        settings.stripe_secret_key.get_secret_value(),
        settings.stripe_api_url,
        settings.creditor.name,
        f"{settings.public_url.rstrip('/')}{PAY_PATH}done",
    )


def payers(settings: Settings) -> dict[str, Asks]:
    """The eligibility service of each payer in the settings."""
    found: dict[str, Asks] = {}
    for one in settings.payers:
        if one.eligibility == "fhir":
            from bot.payers.fhir_eligibility import FhirEligibility  # noqa: PLC0415 - slow to load

            token = one.token.get_secret_value() if one.token else ""
            found[one.id] = FhirEligibility(one.url, settings.creditor.name, one.timeout_seconds, token)
        elif one.eligibility == "x12":
            from bot.payers.x12_eligibility import asks_by_file  # noqa: PLC0415 - slow to load

            found[one.id] = asks_by_file
    return found


def chats(settings: Settings) -> dict[Channel, str]:
    """The channels' addresses at which customers can write to us, from the settings."""
    by_channel = {
        Channel.SMS: settings.twilio_from,
        Channel.WHATSAPP: settings.twilio_whatsapp_from,
        Channel.TELEGRAM: settings.telegram_name,
        Channel.EMAIL: parseaddr(settings.email_from)[1] if settings.email_from else None,
    }
    return {channel: address for channel, address in by_channel.items() if address}


def set_up(settings: Settings) -> frozenset[Channel]:
    """The channels of the settings; without any, SMS is assumed, so that a run can be previewed."""
    return named(settings) or frozenset({Channel.SMS})


def named(settings: Settings) -> frozenset[Channel]:
    """The channels of the settings."""
    return frozenset(
        channel
        for channel, there in (
            (Channel.SMS, settings.sms),
            (Channel.WHATSAPP, settings.whatsapp),
            (Channel.TELEGRAM, settings.telegram_token is not None),
            (Channel.EMAIL, settings.email),
            (Channel.LETTER, settings.letters),
        )
        if there
    )


def channels(settings: Settings, database: Database | None = None) -> dict[Channel, ChannelAdapter]:
    """An adapter for every channel of the settings."""
    found: dict[Channel, ChannelAdapter] = {}
    senders = {
        Channel.SMS: (settings.twilio_from or "", settings.twilio_messaging_service or ""),
        Channel.WHATSAPP: (settings.twilio_whatsapp_from or "", ""),
    }
    for channel, (sender, service) in senders.items():
        if (sender or service) and settings.twilio_account_sid and settings.twilio_auth_token:
            from bot.channels.twilio.adapter import TwilioChannel  # noqa: PLC0415 - slow to load

            found[channel] = TwilioChannel(
                channel,
                settings.twilio_account_sid,
                settings.twilio_auth_token.get_secret_value(),
                sender,
                status_url=f"{settings.public_url.rstrip('/')}{STATUS_PATH}" if settings.public_url else None,
                api_url=settings.twilio_api_url,
                service=service,
                templates=settings.twilio_whatsapp_templates,
            )
    telegram = telegram_channel(settings, database)
    if telegram:
        found[Channel.TELEGRAM] = telegram
    email = email_channel(settings)
    if email:
        found[Channel.EMAIL] = email
    return found


def email_channel(settings: Settings) -> EmailChannel | None:
    """E-mail, if the settings have a server to send it by."""
    if settings.smtp_url is None or settings.email_from is None:
        return None
    from bot.channels.email import EmailChannel  # noqa: PLC0415 - slow to load
    from bot.channels.email.mime import sender_of  # noqa: PLC0415
    from bot.channels.email.server import server_at  # noqa: PLC0415

    public = settings.public_url
    unsubscribe = f"{public.rstrip('/')}{UNSUBSCRIBE_PATH}" if public else ""
    sender = sender_of(settings.email_from, settings.creditor.name, unsubscribe)
    return EmailChannel(server_at(settings.smtp_url.get_secret_value()), sender)


def mailroom(
    settings: Settings, database: Database, installation: Installation, clock: Clock
) -> Mailroom | None:
    """The reader of incoming e-mail, if the settings have a sender address."""
    if settings.email_from is None:
        return None
    from bot.inbound_email import Mailroom  # noqa: PLC0415 - slow to load

    return Mailroom(database, installation, clock, parseaddr(settings.email_from)[1], mailbox(settings))


def mailbox(settings: Settings) -> Mailbox | None:
    """The mailbox for replies, if the settings have one."""
    if settings.imap_url is None:
        return None
    from bot.channels.email.mailbox import Mailbox  # noqa: PLC0415 - slow to load
    from bot.channels.email.server import server_at  # noqa: PLC0415

    return Mailbox(server_at(settings.imap_url.get_secret_value()))


def telegram_channel(settings: Settings, database: Database | None = None) -> TelegramChannel | None:
    """The Telegram bot, if the settings have one; with a database it knows staff chats that moved, too."""
    if settings.telegram_token is None:
        return None
    from bot.channels.telegram import TelegramChannel  # noqa: PLC0415 - slow to load
    from bot.staff_chats import StaffChats  # noqa: PLC0415

    configured = frozenset(settings.staff_chats)
    staff_chats = StaffChats(configured, database) if database else configured
    secret = settings.telegram_webhook_secret
    return TelegramChannel(
        settings.telegram_token.get_secret_value(),
        settings.telegram_api_url,
        staff_chats=staff_chats,
        webhook_secret=secret.get_secret_value() if secret else "",
    )
