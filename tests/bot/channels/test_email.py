"""E-mail's own ways: headers, encryption, and what a mail server's many answers mean."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trustme

from bot.channel import Accepted, InDoubt, RefusalReason, Refused, TryLater
from bot.channels.email.answers import LATER, SOON, SmtpStage, answer_to, never_works
from bot.channels.email.mime import reference_in, sender_of
from bot.channels.email.server import server_at
from tests.bot.channels.email_rig import OURS, EmailRig
from tests.bot.channels.line import Line, open_line
from tests.fakes.smtp_server import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from bot.channel import Envelope


@pytest.fixture
def line() -> Iterator[Line[EmailRig]]:
    """E-mail through a server of our own."""
    with open_line(EmailRig) as opened:
        yield opened


def _sent(line: Line[EmailRig], envelope: Envelope) -> EmailMessage:
    assert isinstance(line.send(envelope), Accepted)
    return line.rig.server.mails[-1]


def test_a_message_is_known_by_its_reference(line: Line[EmailRig]) -> None:
    """The Message-ID is made from the reference, so that a bounce leads back to the message."""
    envelope = replace(line.envelope("Hello"), reference="aB-c_9")
    mail = _sent(line, envelope)
    assert mail["Message-ID"] == "<aB-c_9@elm.example>"
    assert reference_in(mail["Message-ID"], "elm.example") == "aB-c_9"
    assert reference_in("<aB-c_9@elsewhere.example>", "elm.example") == ""
    assert line.send(envelope) == Accepted("<aB-c_9@elm.example>")


def test_whoever_sees_the_subject_learns_nothing(line: Line[EmailRig]) -> None:
    """Name and amount stand in the text only; the subject is what we were told it is."""
    envelope = replace(line.envelope("Ada Lind owes $600.00"), subject="A message from Elm Street Clinic")
    mail = _sent(line, envelope)
    assert mail["Subject"] == "A message from Elm Street Clinic"
    assert mail["From"] == "Elm Street Clinic <bills@elm.example>"
    assert mail["Reply-To"] == "bills@elm.example"


def test_machines_are_told_that_a_machine_writes(line: Line[EmailRig]) -> None:
    """Nobody's out-of-office assistant answers us, and an answer stands in the thread of its question."""
    assert _sent(line, line.envelope("Hello"))["Auto-Submitted"] == "auto-generated"
    reply = _sent(line, replace(line.envelope("Hello"), answers="<q1@lind.example>"))
    assert reply["Auto-Submitted"] == "auto-replied"
    assert reply["In-Reply-To"] == reply["References"] == "<q1@lind.example>"


def test_a_mail_program_has_its_unsubscribe_button(line: Line[EmailRig]) -> None:
    """By mail, and by one click that names the message."""
    envelope = line.envelope("Hello")
    mail = _sent(line, envelope)
    assert str(mail["List-Unsubscribe"]).split() == [
        "<mailto:bills@elm.example?subject=STOP>,",
        f"<https://kvitt.example/webhooks/email/stop?ref={envelope.reference}>",
    ]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_public_address_only_mail_unsubscribes() -> None:
    """A Kvitt that nobody can call does not ask to be called."""
    with open_line(partial(EmailRig, sender=replace(OURS, unsubscribe_url=""))) as line:
        mail = _sent(line, line.envelope("Hello"))
    assert mail["List-Unsubscribe"] == "<mailto:bills@elm.example?subject=STOP>"
    assert "List-Unsubscribe-Post" not in mail


def test_the_same_stands_in_html_and_nothing_in_it_acts(line: Line[EmailRig]) -> None:
    """Paragraphs and lines are kept; what looks like markup is shown as it was written."""
    text = 'Hej Åsa & "Bo" <script>x</script>\nline two\n\nnext'
    mail = _sent(line, replace(line.envelope(text), language="sv"))
    html = mail.get_body(("html",))
    assert html is not None
    shown = html.get_content()
    assert "<script>" not in shown
    assert '<html lang="sv">' in shown
    assert "&lt;script&gt;x&lt;/script&gt;<br>" in shown
    assert shown.count("<p>") == 2


def test_a_header_cannot_be_smuggled_in(line: Line[EmailRig]) -> None:
    """A line break in a subject is refused, not obeyed."""
    sneaky = replace(line.envelope("Hello"), subject="Hi\r\nBcc: all@lind.example")
    assert line.send(sneaky) == Refused(RefusalReason.CONTENT, "encoding")


@pytest.mark.parametrize(
    ("stage", "said", "answer"),
    [
        ("sender", "550 5.7.1 not from here", Refused(RefusalReason.CONFIGURATION, "550 5.7.1")),
        ("sender", "553 sender not allowed", Refused(RefusalReason.CONFIGURATION, "553")),
        ("recipient", "550 no", Refused(RefusalReason.ADDRESS, "550")),
        ("recipient", "550 5.7.1 relaying denied", Refused(RefusalReason.CONFIGURATION, "550 5.7.1")),
        ("recipient", "550 5.2.1 mailbox closed", Refused(RefusalReason.ADDRESS, "550 5.2.1")),
        ("recipient", "452 4.2.2 mailbox full", TryLater(LATER, "452 4.2.2")),
        ("recipient", "421 4.7.0 too many", TryLater(SOON, "421 4.7.0")),
        ("text", "554 5.7.1 looks like spam", Refused(RefusalReason.CONTENT, "554 5.7.1")),
        ("text", "552 5.3.4 too big", Refused(RefusalReason.CONTENT, "552 5.3.4")),
        ("text", "550 5.7.26 no valid signature", Refused(RefusalReason.CONFIGURATION, "550 5.7.26")),
        ("text", "550 5.1.1 gone", Refused(RefusalReason.ADDRESS, "550 5.1.1")),
        ("text", "451 4.3.0 later", TryLater(LATER, "451 4.3.0")),
        ("text", "550 5.7.1 on our suppression list", Refused(RefusalReason.OPTED_OUT, "550 5.7.1")),
    ],
)
def test_what_a_servers_answer_means(line: Line[EmailRig], stage: str, said: str, answer: object) -> None:
    """Whose affair a refusal is goes by its status, and where it has none by the moment it came."""
    line.rig.server.refusals[stage] = said
    assert line.says("Hello") == answer
    assert line.rig.delivered() == []


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_wrong_credentials_are_never_the_customers_fault(code: int) -> None:
    """Whenever a server says so."""
    answer = answer_to(code, "5.1.1 whatever", SmtpStage.RECIPIENT)
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.CONFIGURATION


def test_a_server_that_says_nothing_is_waited_for_once() -> None:
    """A greeting that does not come in time means that nothing was taken."""
    with open_line(partial(EmailRig, timeout=0.2)) as line:
        line.rig.server.stop()
        import socket  # noqa: PLC0415 - for this one server that only listens

        with socket.socket() as silent:
            silent.bind((HOST, line.rig.server.port))
            silent.listen()
            assert line.says("Hello") == TryLater(SOON, "connect_timeout")


def test_a_lost_line_is_in_doubt_only_once_the_text_was_begun(line: Line[EmailRig]) -> None:
    """Before that nothing can have been taken."""
    line.rig.server.hang_up = True
    assert line.says("Hello") == InDoubt("connection_lost")
    line.rig.server.stop()
    assert line.says("Hello") == TryLater(SOON, "unreachable")


def _certified(*names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*names).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.parametrize("implicit", [True, False])
def test_a_trusted_server_is_spoken_to_encrypted(*, implicit: bool) -> None:
    """From the first byte, or after STARTTLS; our credentials never pass in the clear."""
    server, client = _certified(HOST, "localhost")
    with open_line(partial(EmailRig, tls=server, trust=client, implicit=implicit)) as line:
        assert isinstance(line.says("Hello"), Accepted)
        assert line.rig.server.encrypted == [True]


def test_a_server_that_offers_no_encryption_gets_nothing() -> None:
    """Beyond this machine nothing is said in the clear, whatever the server can do."""
    _, client = _certified(HOST)
    with open_line(partial(EmailRig, trust=client)) as line:
        plain = line.rig.adapter._server
        line.rig.adapter._server = replace(plain, upgrade=True)
        answer = line.says("Hello")
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.CONFIGURATION


def test_a_server_that_is_somebody_else_gets_nothing() -> None:
    """A certificate nobody vouches for stops the channel and tells the operator."""
    server, _ = _certified(HOST)
    with open_line(partial(EmailRig, tls=server, implicit=True)) as line:
        assert line.says("Hello") == Refused(RefusalReason.CONFIGURATION, "certificate")
        assert line.rig.server.taken == []


@pytest.mark.parametrize(
    ("status", "never"),
    [("5.1.1", True), ("5.1.10", True), ("5.1.8", False), ("5.2.2", False), ("4.1.1", False), ("", False)],
)
def test_only_an_address_that_is_none_never_works(status: str, never: object) -> None:
    """A full mailbox may have room again; no mailbox never has."""
    assert never_works(status) is never


def test_a_servers_address_says_how_to_enter() -> None:
    """User and password are percent-decoded, the port is the usual one, the password is not shown."""
    found = server_at("smtp://a%40b.example:p%3Aw@mail.example")
    assert (found.host, found.port, found.user, found.password) == ("mail.example", 587, "a@b.example", "p:w")
    assert found.upgrade
    assert "p:w" not in repr(found)
    assert not server_at("smtp://127.0.0.1:2525").upgrade
    assert server_at("imaps://x:y@mail.example/Bills%2FIn").folder == "Bills/In"


def test_a_sender_has_a_name() -> None:
    """The setting's own, or the creditor's."""
    assert sender_of("bills@elm.example", "Elm").name == "Elm"
    assert sender_of("Desk <bills@elm.example>", "Elm").name == "Desk"


def test_busy_is_short() -> None:
    """A server that closes for now is asked sooner than one that puts strangers off."""
    assert timedelta(0) < SOON < LATER
