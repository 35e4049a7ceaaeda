"""E-mail that comes in: an answer, word of what became of ours, or nothing to heed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.accounts.channels import Channel
from bot.channels.email.incoming import Unheeded, read
from handlers.arrivals import Arrival, ArrivalKind, DeliveryFate, DeliveryReport, RefusalReason
from tests.bot.channels.line import NOW
from tests.bot.channels.mails import ADA, OURS, REFERENCE, a_bounce, a_complaint, an_answer


def _read(raw: bytes) -> object:
    return read(raw, OURS, NOW)


def _text(raw: bytes) -> str:
    found = _read(raw)
    assert isinstance(found, Arrival)
    return found.text


def test_an_answer_is_what_was_written_and_by_whom() -> None:
    """Quotations are left out; the sender is an address, its Message-ID makes it count once."""
    found = _read(an_answer("What do I owe?").as_bytes())
    assert found == Arrival(
        Channel.EMAIL, "<q1@lind.example>", ADA, "What do I owe?", NOW, ArrivalKind.TEXT, "Ada Lind"
    )


def test_an_address_is_the_same_in_any_case() -> None:
    """Ada@Lind.Example and ada@lind.example are one contact point."""
    found = _read(an_answer("hi", sender="Ada@Lind.Example").as_bytes())
    assert isinstance(found, Arrival)
    assert found.address == ADA


@pytest.mark.parametrize("subject", ["STOP", "Stopp", "unsubscribe"])
def test_a_button_that_mails_stop_is_a_stop(subject: str) -> None:
    """The word stands in the subject, whatever the body says."""
    mail = an_answer("Sent automatically by the mail program")
    del mail["Subject"], mail["In-Reply-To"]
    mail["Subject"] = subject
    assert _text(mail.as_bytes()) == subject


def test_a_new_mail_without_a_body_is_its_subject() -> None:
    """Some people write in the subject only; a reply's subject is ours and says nothing."""
    mail = an_answer("")
    assert _text(mail.as_bytes()) == ""
    del mail["In-Reply-To"], mail["Subject"]
    mail["Subject"] = "What do I owe?"
    assert _text(mail.as_bytes()) == "What do I owe?"


def test_html_is_read_without_markup_and_quotations() -> None:
    """A program that writes HTML only is understood as well."""
    mail = an_answer("")
    mail.set_content(
        "<style>p{}</style><div>Jag kan betala<br>500 i m&aring;naden</div>"
        '<div class="gmail_quote">Du har en r&auml;kning. STOPP</div>',
        subtype="html",
    )
    assert _text(mail.as_bytes()) == "Jag kan betala\n500 i månaden"


@pytest.mark.parametrize("letters", ["iso-8859-1", "utf-8", "no-such-letters"])
def test_other_letters_are_read(letters: str) -> None:
    """Åsa's name comes through, whichever letters her program uses, and says it uses."""
    coded = "Jag heter Åsa".encode("utf-8" if letters != "iso-8859-1" else letters)
    head = f"From: {ADA}\nMessage-ID: <1@x>\nContent-Type: text/plain; charset={letters}\n\n"
    assert _text(head.encode() + coded) == "Jag heter Åsa"


def test_an_attachment_is_noticed_and_not_read() -> None:
    """The text beside it counts; the rest is told apart so that the answer can say so."""
    mail = an_answer("see my receipt")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="receipt.pdf")
    found = _read(mail.as_bytes())
    assert isinstance(found, Arrival)
    assert (found.kind, found.text) == (ArrivalKind.MEDIA, "see my receipt")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated; x=1"),
        ("Precedence", "bulk"),
        ("X-Autoreply", "yes"),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Id", "<news.lind.example>"),
    ],
)
def test_a_machine_gets_no_answer(header: str, value: str) -> None:
    """What wrote itself counts as nothing."""
    mail = an_answer("I am away until Monday")
    mail[header] = value
    assert _read(mail.as_bytes()) == Unheeded("automatic")


def test_an_absence_without_a_header_is_known_by_its_subject() -> None:
    """Out of office, in the languages we speak."""
    mail = an_answer("Jag är på semester")
    del mail["Subject"]
    mail["Subject"] = "Autosvar: Ett meddelande"
    assert _read(mail.as_bytes()) == Unheeded("automatic")


def test_a_person_may_say_that_no_machine_wrote_it() -> None:
    """Auto-Submitted: no is what a person's program says."""
    mail = an_answer("hello")
    mail["Auto-Submitted"] = "no"
    assert _text(mail.as_bytes()) == "hello"


def test_our_own_message_come_back_is_not_answered() -> None:
    """A copy to ourselves would be answered for ever."""
    assert _read(an_answer("hi", sender=OURS.upper()).as_bytes()) == Unheeded("our_own")


@pytest.mark.parametrize("returned", [True, False])
@pytest.mark.parametrize(
    ("status", "means"),
    [("5.1.1", "bad"), ("5.1.10", "bad"), ("5.2.2", "soft"), ("5.7.1", ""), ("4.4.7", "soft")],
)
def test_a_bounce_says_that_ours_did_not_arrive(status: str, means: str, *, returned: bool) -> None:
    """Known by the message that came back, or by the thread; only no mailbox at all is a bad address.

    A full mailbox, or a server that never answered, is soft: another time it may arrive.
    """
    cause = RefusalReason.ADDRESS if means == "bad" else None
    after = timedelta(hours=12) if means == "soft" else None
    expected = DeliveryReport(Channel.EMAIL, "", REFERENCE, DeliveryFate.FAILED, status, cause, after)
    assert _read(a_bounce(status, returned=returned)) == expected


def test_a_delay_is_no_failure() -> None:
    """The server is still trying."""
    assert _read(a_bounce("4.4.1", "delayed")) == Unheeded("delayed")


def test_a_delivery_is_told_as_one() -> None:
    """Some servers say when it went well."""
    assert _read(a_bounce("2.0.0", "delivered")) == DeliveryReport(
        Channel.EMAIL, "", REFERENCE, DeliveryFate.DELIVERED, "2.0.0"
    )


def test_a_bounce_in_a_form_of_its_own_counts_too() -> None:
    """A letter from a mailer daemon with our message in it means that it did not arrive."""
    raw = (
        b"From: MAILER-DAEMON@old.example\nSubject: failure notice\n\nSorry.\n\n--- Here is a copy\n"
        b"Message-ID: <" + REFERENCE.encode() + b"@elm.example>\n"
    )
    assert _read(raw) == DeliveryReport(Channel.EMAIL, "", REFERENCE, DeliveryFate.FAILED, "bounced")
    assert _read(raw.replace(b"elm.example", b"other.example")) == Unheeded("automatic")


def test_this_is_spam_is_a_stop() -> None:
    """A complaint closes the channel as a stop does."""
    found = _read(a_complaint())
    assert isinstance(found, DeliveryReport)
    assert found.cause is RefusalReason.OPTED_OUT
    assert found.reference == REFERENCE


def test_a_bounce_of_somebody_elses_message_says_nothing() -> None:
    """Whoever forges our address gets his own bounces heeded by nobody."""
    assert _read(a_bounce().replace(b"elm.example", b"other.example")) == Unheeded("not_about_ours")


def test_a_mail_without_an_id_still_counts_once() -> None:
    """It is known by what it is made of."""
    mail = an_answer("hello")
    del mail["Message-ID"]
    first, second = _read(mail.as_bytes()), _read(mail.as_bytes())
    assert first == second
    assert isinstance(first, Arrival)
    assert first.provider_id.endswith("@no-id>")


def test_a_mail_from_nobody_is_not_answered() -> None:
    """Without an address there is nowhere to answer."""
    assert _read(b"Subject: hi\n\nhello") == Unheeded("no_sender")
    assert _read(b"From: <>\n\nhello") == Unheeded("no_sender")


@given(st.binary(max_size=400))
def test_rubbish_is_read_without_harm(raw: bytes) -> None:
    """Whatever comes over the wire is one of the three."""
    assert isinstance(_read(raw), (Arrival, DeliveryReport, Unheeded))


REPORT = "Content-Type: multipart/report; report-type=delivery-status; boundary=x"
OWN = "Message-ID: <a@elm.example>"


@given(st.lists(st.sampled_from([
    "From: a@b.c", "From: =?utf-8?q?=ff?=", REPORT,
    "Content-Type: multipart/mixed; boundary=x", "Content-Type: text/html; charset=?", "--x", "--x--", "",
    "Content-Type: message/delivery-status", "Action: failed", "Status: ", OWN, "hello",
    "Content-Transfer-Encoding: base64", "Subject: \x00\xff", "Message-ID: <", "To: ,;:<",
]), max_size=25))  # fmt: skip
def test_half_a_mail_is_read_without_harm(lines: list[str]) -> None:
    """Broken structures are read as far as they go."""
    raw = "\n".join(lines).encode("latin-1")
    assert isinstance(_read(raw), (Arrival, DeliveryReport, Unheeded))
