"""What a mail server's answers mean to us: one table, for refused sends and for bounces alike."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum
from typing import Final

from bot.channel import RefusalReason, Refused, TryLater

SOON: Final = timedelta(minutes=2)
LATER: Final = timedelta(minutes=15)
"""Long enough for greylisting, where a server first defers unknown senders."""


class SmtpStage(Enum):
    """The stage of a mail server's SMTP session; before DATA the server accepted nothing."""

    GREETING = "greeting"
    SENDER = "sender"
    RECIPIENT = "recipient"
    TEXT = "text"


ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
"""Enhanced status codes (RFC 3463), as found in replies and reports."""

_OPTED_OUT: Final = re.compile(
    r"unsubscri|opt(?:ed)?[ -]?out|suppress|does not want|do not email", re.IGNORECASE
)

_BY_STATUS: Final = {
    "1.7": RefusalReason.CONFIGURATION,  # the sender's address has a bad syntax
    "1.8": RefusalReason.CONFIGURATION,  # the sender's domain is none
    "2.3": RefusalReason.CONTENT,  # too long for this mailbox
    "3.4": RefusalReason.CONTENT,  # too long for this server
    "4.7": RefusalReason.CONFIGURATION,
    "7.8": RefusalReason.CONFIGURATION,  # the credentials are wrong
    "7.9": RefusalReason.CONFIGURATION,
    "7.20": RefusalReason.CONFIGURATION,  # no signature that passes (RFC 7372), like the next ones
    "7.23": RefusalReason.CONFIGURATION,
    "7.25": RefusalReason.CONFIGURATION,
    "7.26": RefusalReason.CONFIGURATION,
    "7.27": RefusalReason.CONFIGURATION,
}
_BY_SUBJECT: Final = {
    "1": RefusalReason.ADDRESS,
    "2": RefusalReason.ADDRESS,
    "4": RefusalReason.ADDRESS,
    "6": RefusalReason.CONTENT,
}
_BY_STAGE: Final = {
    SmtpStage.GREETING: RefusalReason.CONFIGURATION,
    SmtpStage.SENDER: RefusalReason.CONFIGURATION,
    SmtpStage.RECIPIENT: RefusalReason.ADDRESS,
    SmtpStage.TEXT: RefusalReason.CONTENT,
}
_CREDENTIALS: Final = frozenset({530, 534, 535, 538})
_CLOSING: Final = 421
"""RFC 5321: the server closes the connection; it may be sent at any stage."""
_FULL: Final = "5.2.2"
_PERMANENT: Final = 500
"""RFC 5321: replies from here on are permanent failures."""


def answer_to(code: int, words: str, stage: SmtpStage) -> Refused | TryLater:
    """What a refusal means, by its code, its enhanced status where it has one, and when it came."""
    found = ENHANCED.search(words)
    reply = f"{code} {found[0]}" if found else str(code)
    if code < _PERMANENT:
        return TryLater(SOON if code == _CLOSING else LATER, reply)
    if code in _CREDENTIALS:
        return Refused(RefusalReason.CONFIGURATION, reply)
    if stage in {SmtpStage.RECIPIENT, SmtpStage.TEXT} and _OPTED_OUT.search(words):
        return Refused(RefusalReason.OPTED_OUT, reply)
    return Refused(_reason(found, stage), reply)


def never_works(status: str) -> bool:
    """Whether an e-mail's bounce says that the address never works: no such mailbox, no such domain."""
    found = ENHANCED.fullmatch(status.strip())
    return found is not None and found[1] == "5" and found[2] == "1" and found[3] not in {"7", "8"}


def may_work_later(status: str) -> bool:
    """Whether an e-mail's bounce says that it may arrive another time: class 4, or a full mailbox."""
    found = ENHANCED.fullmatch(status.strip())
    return found is not None and (found[1] == "4" or found[0] == _FULL)


def _reason(found: re.Match[str] | None, stage: SmtpStage) -> RefusalReason:
    if found is None:
        return _BY_STAGE[stage]
    detail = _BY_STATUS.get(f"{found[2]}.{found[3]}")
    return detail or _BY_SUBJECT.get(found[2]) or _policy(found[2], stage)


def _policy(subject: str, stage: SmtpStage) -> RefusalReason:
    """Protocol and policy refusals: after DATA our text is refused, before it our set-up (no relaying)."""
    return (
        RefusalReason.CONTENT if stage is SmtpStage.TEXT and subject == "7" else RefusalReason.CONFIGURATION
    )
