"""Classifies an incoming e-mail: a customer's answer, a delivery report about ours, or to be ignored.

The sender address proves nothing (it is easily forged): identity is checked as on any channel.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr
from typing import TYPE_CHECKING, Final, TypeAlias

from billing.accounts.channels import Channel
from bot.channels.email.adapter import ADDRESS
from bot.channels.email.answers import may_work_later, never_works
from bot.channels.email.bodies import has_attachment, plain_text
from bot.channels.email.mime import reference_in
from handlers.arrivals import Arrival, ArrivalKind, DeliveryFate, DeliveryReport, RefusalReason
from messages import mail as wording
from messages.languages import FALLBACK
from messages.understanding import lone_words, understanding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from email.message import EmailMessage

LONGEST: Final = 4_000
"""The characters of an answer that are read; a customer's request comes before that."""


@dataclass(frozen=True, slots=True)
class Unheeded:
    """An incoming e-mail to ignore, and why: an absence notice, a list, our own message returned."""

    why: str


AGAIN: Final = timedelta(hours=12)
"""Wait before another try after a failure that passes (a full mailbox, a server that is away): hours."""

Mail: TypeAlias = "Arrival | DeliveryReport | Unheeded"

_FATES: Final = {
    "failed": DeliveryFate.FAILED,
    "delivered": DeliveryFate.DELIVERED,
    "relayed": DeliveryFate.DELIVERED,
}
_MACHINES: Final = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_BY_MACHINES: Final = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id", "X-Loop")
_MESSAGE_ID: Final = re.compile(r"<[^<>\s@]{1,200}@[^<>\s]{1,250}>")
_TOO_LONG: Final = 998
"""The longest line by RFC 5322; a longer subject is cut."""


def read(raw: bytes, ours: str, received_at: datetime) -> Mail:
    """Read one raw incoming e-mail. ``ours`` is our sender address."""
    mail = message_from_bytes(raw, policy=default)
    domain = ours.rpartition("@")[2].lower()
    kind = mail.get_content_type()
    if kind == "multipart/report":
        return _reported(mail, domain, raw)
    address = parseaddr(_header(mail, "From"))[1].strip().lower()
    if address == ours.lower():
        return Unheeded("our_own")
    if _MACHINES.match(address):
        return _loose_bounce(mail, domain, raw)
    if _automatic(mail):
        return Unheeded("automatic")
    if not ADDRESS.fullmatch(address):
        return Unheeded("no_sender")
    return _arrival(mail, address, raw, received_at)


def _arrival(mail: EmailMessage, address: str, raw: bytes, received_at: datetime) -> Arrival:
    text = wording.answer_in(plain_text(mail))[:LONGEST]
    subject = _header(mail, "Subject").strip()[:_TOO_LONG]
    if not text or lone_words.lone_word(subject) == "stop":
        text = subject if lone_words.lone_word(subject) or not _is_reply(mail) else text
    elif not _is_reply(mail) and understanding.understand(subject, FALLBACK).intent in understanding.STOPPING:
        text = f"{subject}.\n{text}"  # "My husband died", and in the text only that the papers are attached
    return Arrival(
        channel=Channel.EMAIL,
        provider_id=_id_of(mail, raw),
        address=address,
        text=text,
        received_at=received_at,
        kind=ArrivalKind.MEDIA if has_attachment(mail) else ArrivalKind.TEXT,
        name=parseaddr(_header(mail, "From"))[0],
    )


def _is_reply(mail: EmailMessage) -> bool:
    return bool(_header(mail, "In-Reply-To") or _header(mail, "References"))


def _id_of(mail: EmailMessage, raw: bytes) -> str:
    """The key by which an e-mail is stored once: its Message-ID, or a digest of it if it has none."""
    match = _MESSAGE_ID.search(_header(mail, "Message-ID"))
    return match[0] if match else f"<{hashlib.sha256(raw).hexdigest()}@no-id>"


def _automatic(mail: EmailMessage) -> bool:
    """Whether a machine wrote it; an answer to that would be answered by the machine (RFC 3834)."""
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or _header(mail, "Precedence").strip().lower() in _BULK:
        return True
    return any(mail.get(name) is not None for name in _BY_MACHINES) or wording.away(_header(mail, "Subject"))


def _reported(mail: EmailMessage, domain: str, raw: bytes) -> DeliveryReport | Unheeded:
    """A delivery report (RFC 3464) or a spam complaint (RFC 5965); other reports are ignored."""
    kind = str(mail.get_param("report-type", "")).lower()
    reference = _our_reference(mail, domain, raw)
    if not reference:
        return Unheeded("not_about_ours")
    if kind == "feedback-report":
        return DeliveryReport(
            Channel.EMAIL, "", reference, DeliveryFate.DELIVERED, "complaint", RefusalReason.OPTED_OUT
        )
    if kind != "delivery-status":
        return Unheeded("other_report")
    for action, status in _recipients(mail):
        fate = _FATES.get(action)
        if fate is not None:
            failed = fate is DeliveryFate.FAILED
            cause = RefusalReason.ADDRESS if failed and never_works(status) else None
            after = AGAIN if failed and may_work_later(status) else None
            return DeliveryReport(Channel.EMAIL, "", reference, fate, status, cause, after)
    return Unheeded("delayed")


def _recipients(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    """Action and status of each recipient that a delivery report speaks of."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            for group in part.walk():
                action = str(group.get("Action", "")).strip().lower()
                if action:
                    yield action, str(group.get("Status", "")).split()[0] if group.get("Status") else ""


def _loose_bounce(mail: EmailMessage, domain: str, raw: bytes) -> DeliveryReport | Unheeded:
    """A bounce in a mail server's own format: one about our message means that it did not arrive."""
    reference = _our_reference(mail, domain, raw)
    if reference and not _header(mail, "Auto-Submitted").startswith("auto-generated; delayed"):
        return DeliveryReport(Channel.EMAIL, "", reference, DeliveryFate.FAILED, "bounced")
    return Unheeded("automatic")


def _our_reference(mail: EmailMessage, domain: str, raw: bytes) -> str:
    """The reference of the message of ours that a report is about.

    It is taken from any of our Message-IDs in the returned message or the thread headers.
    """
    references = [_header(part, "Message-ID") for part in mail.walk() if part is not mail]
    references += [_header(mail, "In-Reply-To"), _header(mail, "References")]
    references += [raw.decode("ascii", "replace")]
    found = (reference_in(one, domain) for text in references for one in _MESSAGE_ID.findall(text))
    return next(filter(None, found), "")


def _header(mail: EmailMessage, name: str) -> str:
    """A header as text; one that cannot be read is none."""
    try:
        return str(mail.get(name, ""))
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""
