"""E-mails as they come over the wire: answers, bounces, complaints, absences."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Final

OURS: Final = "bills@elm.example"
REFERENCE: Final = "Ref-7_abcDEF"
ADA: Final = "ada@lind.example"


def an_answer(
    text: str, *, sender: str = f"Ada Lind <{ADA}>", message_id: str = "<q1@lind.example>"
) -> EmailMessage:
    """What a customer writes back, in plain text, with our message quoted below."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = OURS
    mail["Subject"] = "Re: A message from Elm Street Clinic"
    mail["Message-ID"] = message_id
    mail["In-Reply-To"] = f"<{REFERENCE}@elm.example>"
    quoted = (
        "On Mon, Mar 2, 2026 at 10:00 Elm Street Clinic <bills@elm.example> wrote:\n\n> You have a bill. STOP"
    )
    mail.set_content(f"{text}\n\n{quoted}\n")
    return mail


def a_bounce(status: str = "5.1.1", action: str = "failed", *, returned: bool = True) -> bytes:
    """A delivery report as a mail server writes it (RFC 3464)."""
    original = f"Message-ID: <{REFERENCE}@elm.example>\nFrom: {OURS}\nTo: {ADA}\nSubject: A message\n"
    back = f"--b1\nContent-Type: text/rfc822-headers\n\n{original}\n" if returned else ""
    thread = "" if returned else f"In-Reply-To: <{REFERENCE}@elm.example>\n"
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.lind.example>\n"
        f"To: {OURS}\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <b9@mx.lind.example>\n"
        f"Auto-Submitted: auto-replied\n{thread}MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\n\n'
        "--b1\nContent-Type: text/plain\n\nI could not deliver your message.\n\n"
        "--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.lind.example\n\n"
        f"Final-Recipient: rfc822; {ADA}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 {status} no\n\n{back}--b1--\n"
    ).encode()


def a_complaint() -> bytes:
    """Somebody pressed "this is spam" (RFC 5965)."""
    return (
        f"From: fbl@provider.example\nTo: {OURS}\nSubject: complaint\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b1"\n\n'
        "--b1\nContent-Type: text/plain\n\nA complaint.\n\n"
        "--b1\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
        f"--b1\nContent-Type: message/rfc822\n\nMessage-ID: <{REFERENCE}@elm.example>\n"
        f"From: {OURS}\nTo: {ADA}\nSubject: A message\n\nYou have a bill.\n\n--b1--\n"
    ).encode()
