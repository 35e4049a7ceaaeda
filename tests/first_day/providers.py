"""Twilio, Telegram, Stripe and mail of the tests, and what an operator sets to reach them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.fakes.imap_server import ImapServer
from tests.fakes.serving import free_port
from tests.fakes.smtp_server import PASSWORD, USER, SmtpServer
from tests.fakes.stripe_server import stripe_server
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.twilio_server import TwilioServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.twilio_http import Taken


@dataclass(frozen=True)
class Providers:
    """The servers, and the port that Kvitt is to listen on."""

    twilio: TwilioServer
    telegram: TelegramServer
    port: int
    settings: dict[str, str]
    """What is in the environment of every command."""

    @property
    def public_url(self) -> str:
        """Where the providers reach Kvitt."""
        return f"http://127.0.0.1:{self.port}"

    def text(self, phone: str, body: str) -> Taken:
        """A customer texts; the answer to them."""
        before = len(self.twilio.messages)
        form = self.twilio.inbound_form(phone, body)
        self.twilio.post(self.twilio.inbound_url, form).raise_for_status()
        self.twilio.wait_for_messages(before + 1, 60)
        answer = self.twilio.messages[before]
        assert answer.to == phone, answer
        return answer


@contextmanager
def providers(number: str) -> Iterator[Providers]:
    """All of them on loopback; Twilio's number posts what comes in to Kvitt's port."""
    with (
        TwilioServer(number=number) as twilio,
        TelegramServer() as telegram,
        stripe_server() as stripe,
        SmtpServer() as mail,
        ImapServer() as mailbox,
    ):
        port = free_port()
        made = Providers(
            twilio,
            telegram,
            port,
            {
                "KVITT_TWILIO_API_URL": twilio.url,
                "KVITT_TELEGRAM_API_URL": telegram.url,
                "KVITT_STRIPE_API_URL": stripe.url,
                "KVITT_STRIPE_SECRET_KEY": "sk_test_made_up",
                "KVITT_STRIPE_WEBHOOK_SECRET": "whsec_made_up",
                "KVITT_SMTP_URL": f"smtp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{mail.port}",
                "KVITT_IMAP_URL": mailbox.url,
                "KVITT_EMAIL_FROM": "bills@first-day.se",
            },
        )
        twilio.inbound_url = f"{made.public_url}/webhooks/twilio/messages"
        stripe.webhooks.append(
            {"url": f"{made.public_url}/webhooks/stripe", "status": "enabled", "enabled_events": ["*"]}
        )
        yield made
