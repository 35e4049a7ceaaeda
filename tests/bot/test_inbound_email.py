"""Answers by e-mail, from the wire to the reply; bounces; stops by button."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from billing.accounts.channels import Channel
from bot.channels.email import EmailChannel
from bot.channels.email.mailbox import Mailbox
from bot.channels.email.server import Server, server_at
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception
from bot.inbound_email import Mailroom
from bot.web.unsubscribe import Unsubscribe
from handlers.people.register import Consent
from storage import tables
from tests.bot.channels.email_rig import OURS
from tests.bot.channels.mails import ADA, REFERENCE, a_bounce, a_complaint, an_answer
from tests.fakes.imap_server import ImapServer
from tests.fakes.smtp_server import HOST, PASSWORD, USER, SmtpServer
from tests.letters import rows
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from storage.database.transaction import Database


class Office:
    """A clinic that is reached by e-mail, with real servers on both sides."""

    def __init__(self, world: World, smtp: SmtpServer, mailbox: Mailbox | None = None) -> None:
        self.world, self.smtp = world, smtp
        server = Server(HOST, smtp.port, USER, PASSWORD, tls=False)
        channels = {Channel.EMAIL: EmailChannel(server, OURS)}
        self.delivery = Delivery(world.database, world.installation, channels, world.clock)
        self.reception = Reception(world.database, world.installation, world.clock, self.delivery)
        self.room = Mailroom(world.database, world.installation, world.clock, OURS.address, mailbox)
        self.clockwork = Clockwork(
            world.database, world.installation, world.clock, self.reception, self.delivery, self.room
        )

    def hears(self, mail: EmailMessage | bytes) -> str:
        """An e-mail comes in through a pipe; what the operator is told of it."""
        kind = self.room.store(mail if isinstance(mail, bytes) else mail.as_bytes())
        self.tick()
        return kind

    def tick(self) -> None:
        """The clock ticks, and what is due leaves."""

        async def one_round() -> None:
            await self.clockwork.fetch_post()
            await self.clockwork.catch_up()
            await self.delivery.deliver_due()

        asyncio.run(one_round())

    @property
    def last(self) -> str:
        """What the customer read last."""
        body = self.smtp.mails[-1].get_body(("plain",))
        assert body is not None
        text: str = body.get_content()
        return text


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    """A clinic with Ada, who owes 600 dollars and has agreed to e-mail."""
    world = World(database, an_installation(available=frozenset({Channel.EMAIL})))
    given = (Consent(Channel.EMAIL, world.now.date(), "signed form"),)
    world.customer(email=ADA.upper(), consents=given)
    world.bill()
    with SmtpServer() as smtp:
        yield Office(world, smtp)


def _answer(text: str, number: int) -> EmailMessage:
    return an_answer(text, message_id=f"<q{number}@lind.example>")


def test_a_customer_is_answered_by_mail_once_they_said_who_they_are(office: Office) -> None:
    """The sender's address proves nothing: the birth date is asked for before any amount is said."""
    assert office.hears(_answer("What do I owe?", 1)) == "kept, to be answered"
    assert "600" not in office.last
    office.hears(_answer("1980-02-28", 2))
    assert "$600.00" in office.last
    reply = office.smtp.mails[-1]
    assert reply["In-Reply-To"] == "<q2@lind.example>"
    assert reply["Subject"] == "A message from Elm Street Clinic"
    assert reply["To"] == ADA


def test_the_same_mail_twice_is_answered_once(office: Office) -> None:
    """However often a mail server hands it over."""
    office.hears(_answer("hello", 1))
    assert office.hears(_answer("hello", 1)) == "known already"
    assert len(office.smtp.mails) == 1


def test_an_attachment_is_not_kept_and_the_answer_says_so(office: Office) -> None:
    """The question beside it is answered all the same."""
    mail = _answer("how can I pay?", 1)
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="receipt.pdf")
    office.hears(mail)
    assert "elm.example/pay" in office.last
    assert "have not kept" in office.last


def test_an_absence_gets_no_answer(office: Office) -> None:
    """Two machines that thank each other would never end."""
    mail = _answer("I am away", 1)
    mail["Auto-Submitted"] = "auto-replied"
    assert office.hears(mail) == "ignored, automatic"
    assert office.smtp.mails == []
    assert rows(office.world, tables.Inbox) == []


def test_a_bounce_makes_an_address_unreachable(office: Office) -> None:
    """No such mailbox: nothing more is written there until something comes from it."""
    reference = _sent(office)
    assert office.hears(a_bounce().replace(REFERENCE.encode(), reference.encode())) == "report, failed"
    [point] = _points(office)
    assert point.unreachable_at is not None
    assert rows(office.world, tables.Outbox)[0].state == "failed"
    office.hears(_answer("here I am", 2))
    assert _points(office)[0].unreachable_at is None


def test_a_soft_bounce_keeps_the_address_and_the_message(office: Office) -> None:
    """A full mailbox may have room again: the message waits for another try."""
    reference = _sent(office)
    office.hears(a_bounce("5.2.2").replace(REFERENCE.encode(), reference.encode()))
    assert _points(office)[0].unreachable_at is None
    assert rows(office.world, tables.Outbox)[0].state == "queued"


def test_a_complaint_is_a_stop(office: Office) -> None:
    """This is spam means: no more messages, on any electronic channel."""
    reference = _sent(office)
    office.hears(a_complaint().replace(REFERENCE.encode(), reference.encode()))
    assert _points(office)[0].stopped_at is not None


def test_stop_by_mail_is_a_stop(office: Office) -> None:
    """The button of a mail program writes STOP in the subject."""
    mail = _answer("", 1)
    del mail["Subject"]
    mail["Subject"] = "STOP"
    office.hears(mail)
    assert _points(office)[0].stopped_at is not None


def test_one_click_unsubscribes_and_looking_does_not(office: Office) -> None:
    """Programs follow links on their own: only a POST is a wish."""
    reference = _sent(office)
    app = Starlette(routes=Unsubscribe(office.world.installation, office.reception).routes)
    where = f"http://kvitt.example/webhooks/email/unsubscribe?ref={reference}"

    async def press() -> tuple[str, bool, str]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as browser:
            looked = await browser.get(where)
            before = _points(office)[0].stopped_at is None
            pressed = await browser.post(where, data={"List-Unsubscribe": "One-Click"})
            await browser.post(where.partition("?")[0] + "?ref=unknown")
            return looked.text, before, pressed.text

    asked, untouched, pressed = asyncio.run(press())
    assert "<form" in asked
    assert untouched
    assert "no more messages" in pressed
    assert _points(office)[0].stopped_at is not None


def test_the_mailbox_is_read_by_the_clock(database: Database) -> None:
    """What arrives over IMAP is answered over SMTP, and read once by however many processes."""
    world = World(database, an_installation(available=frozenset({Channel.EMAIL})))
    world.customer(email=ADA)
    with SmtpServer() as smtp, ImapServer() as imap:
        first, second = (Office(world, smtp, Mailbox(server_at(imap.url))) for _ in range(2))
        imap.arrives(_answer("hello", 1).as_bytes())
        first.tick()
        second.tick()
        assert imap.flags == ["Seen"]
        assert len(smtp.mails) == 1


def test_a_mailbox_in_trouble_stops_nothing(database: Database) -> None:
    """The clock goes on, and the next tick tries again."""
    world = World(database, an_installation(available=frozenset({Channel.EMAIL})))
    with SmtpServer() as smtp:
        away = Mailbox(server_at("imap://a:b@127.0.0.1:1/INBOX"), timeout=1)
        Office(world, smtp, away).tick()


def _sent(office: Office) -> str:
    """A reply has left; its reference."""
    office.hears(_answer("hello", 1))
    reference: str = rows(office.world, tables.Outbox)[0].reference
    assert office.smtp.mails[-1]["Message-ID"] == f"<{reference}@elm.example>"
    return reference


def _points(office: Office) -> list[Any]:
    return [row for row in rows(office.world, tables.ContactPoint) if row.channel == Channel.EMAIL.value]
