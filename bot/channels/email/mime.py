"""A message as an e-mail: plain text and the same in simple HTML, traceable by its Message-ID."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from bot.channel import Envelope


@dataclass(frozen=True, slots=True)
class Sender:
    """Who e-mails come from. ``unsubscribe_url`` takes a one-click opt-out, if we can be reached."""

    name: str
    address: str
    unsubscribe_url: str = ""

    @property
    def domain(self) -> str:
        """Whose messages these are: the right side of every Message-ID."""
        return self.address.rpartition("@")[2].lower()


def sender_of(written: str, name: str, unsubscribe_url: str = "") -> Sender:
    """The e-mail sender of a setting such as ``Clinic <bills@clinic.example>``; ``name`` if it has none."""
    shown, address = parseaddr(written)
    return Sender(shown or name, address, unsubscribe_url)


def message_id(reference: str, sender: Sender) -> str:
    """The Message-ID of an e-mail: made from its reference, so that a second copy is the same message."""
    return f"<{reference}@{sender.domain}>"


def reference_in(text: str, domain: str) -> str:
    """Our reference in the Message-ID of an e-mail of ours; empty for anybody else's."""
    inner = text.strip().removeprefix("<").removesuffix(">")
    reference, at, host = inner.rpartition("@")
    return reference if at and host.lower() == domain else ""


def compose(envelope: Envelope, sender: Sender) -> EmailMessage:
    """Build the e-mail. Its subject has no name and no amount: lock screens and bystanders may show it.

    Raises:
        ValueError: the text or the address cannot be written in an e-mail (UnicodeError is one, too).
    """
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = message_id(envelope.reference, sender)
    mail["Date"] = format_datetime(envelope.begun_at)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=envelope.address)
    mail["Reply-To"] = Address(addr_spec=sender.address)
    mail["Subject"] = envelope.subject or sender.name
    mail["Auto-Submitted"] = "auto-replied" if envelope.answers else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if envelope.answers:
        mail["In-Reply-To"] = mail["References"] = envelope.answers
    _may_unsubscribe(mail, envelope, sender)
    mail.set_content(envelope.text, cte="quoted-printable")
    mail.add_alternative(_html(envelope), subtype="html", cte="quoted-printable")
    for paper in envelope.enclosed:
        mail.add_attachment(paper.pdf, maintype="application", subtype="pdf", filename=paper.name)
    return mail


def _may_unsubscribe(mail: EmailMessage, envelope: Envelope, sender: Sender) -> None:
    """A mail program's own button: by mail, and by one click where we can be reached (RFC 2369, RFC 8058)."""
    ways = [f"<mailto:{quote(sender.address, safe='@')}?subject=STOP>"]
    if sender.unsubscribe_url:
        ways.append(f"<{sender.unsubscribe_url}?{urlencode({'ref': envelope.reference})}>")
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["List-Unsubscribe"] = ", ".join(ways)


def _html(envelope: Envelope) -> str:
    paragraphs = (escape(part).replace("\n", "<br>\n") for part in envelope.text.split("\n\n"))
    body = "\n".join(f"<p>{part}</p>" for part in paragraphs)
    style = "font: 16px/1.5 sans-serif; max-width: 38em"
    spoken = f' lang="{escape(envelope.language)}"' if envelope.language else ""
    return f'<!DOCTYPE html>\n<html{spoken}>\n<body style="{style}">\n{body}\n</body>\n</html>\n'
