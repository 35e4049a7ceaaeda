"""What Twilio's codes mean to us: one table, for refused sends and for status callbacks alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from bot.channel import InDoubt, RefusalReason, Refused, TryLater

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unsure(StrEnum):
    """A code after which nobody knows whether the message was taken."""

    DOUBT = "doubt"


Class: TypeAlias = RefusalReason | timedelta | Unsure
"""Refused for a reason; not taken, to be tried again after a while; or in doubt."""

SOON: Final = timedelta(seconds=30)
LATER: Final = timedelta(minutes=10)
HOURS_LATER: Final = timedelta(hours=6)
TOMORROW: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class TwilioCode:
    """One of Twilio's codes: what follows from it, and what it says."""

    follows: Class
    meaning: str


CODES: Final[Mapping[str, TwilioCode]] = {
    # HTTP statuses, where the answer carries no code of its own
    "401": TwilioCode(RefusalReason.CONFIGURATION, "the credentials were not accepted"),
    "403": TwilioCode(RefusalReason.CONFIGURATION, "the account may not do this"),
    "404": TwilioCode(RefusalReason.CONFIGURATION, "no such account or address of the API"),
    "408": TwilioCode(Unsure.DOUBT, "the request took too long to arrive"),
    "429": TwilioCode(SOON, "too many requests"),
    # the account and its credentials
    "20003": TwilioCode(RefusalReason.CONFIGURATION, "wrong credentials"),
    "20404": TwilioCode(RefusalReason.CONFIGURATION, "no such resource: the account id is wrong"),
    "20429": TwilioCode(SOON, "too many concurrent requests; never processed"),
    "20500": TwilioCode(Unsure.DOUBT, "internal error; may have been processed"),
    "20503": TwilioCode(Unsure.DOUBT, "service unavailable; may have been processed"),
    "30002": TwilioCode(RefusalReason.CONFIGURATION, "account suspended"),
    "63038": TwilioCode(TOMORROW, "the account's daily message limit is reached"),
    # the sender
    "21212": TwilioCode(RefusalReason.CONFIGURATION, "invalid From"),
    "21408": TwilioCode(RefusalReason.CONFIGURATION, "this country is not enabled for the account"),
    "21601": TwilioCode(RefusalReason.CONFIGURATION, "From is no number of the account"),
    "21606": TwilioCode(RefusalReason.CONFIGURATION, "From cannot send to this destination"),
    "21608": TwilioCode(RefusalReason.CONFIGURATION, "trial account: To is not verified"),
    "21609": TwilioCode(RefusalReason.CONFIGURATION, "StatusCallback is no address Twilio can call"),
    "21611": TwilioCode(LATER, "From has its fill of queued messages"),
    "21659": TwilioCode(RefusalReason.CONFIGURATION, "From is no Twilio number"),
    "21660": TwilioCode(RefusalReason.CONFIGURATION, "From belongs to another account"),
    "21661": TwilioCode(RefusalReason.CONFIGURATION, "From cannot send SMS"),
    "63002": TwilioCode(RefusalReason.CONFIGURATION, "WhatsApp does not know From"),
    "63007": TwilioCode(RefusalReason.CONFIGURATION, "no WhatsApp sender has this From"),
    "63008": TwilioCode(RefusalReason.CONFIGURATION, "the WhatsApp channel is misconfigured"),
    # the recipient's wish
    "21610": TwilioCode(RefusalReason.OPTED_OUT, "the recipient replied STOP"),
    "63014": TwilioCode(RefusalReason.OPTED_OUT, "the recipient blocked us or opted out"),
    # the recipient's address
    "21211": TwilioCode(RefusalReason.ADDRESS, "invalid To"),
    "21265": TwilioCode(RefusalReason.ADDRESS, "To is a short code"),
    "21266": TwilioCode(RefusalReason.ADDRESS, "To is our own number"),
    "21604": TwilioCode(RefusalReason.ADDRESS, "To is missing"),
    "21612": TwilioCode(RefusalReason.ADDRESS, "To cannot be reached from this From"),
    "21614": TwilioCode(RefusalReason.ADDRESS, "To is no mobile number"),
    "21635": TwilioCode(RefusalReason.ADDRESS, "To is a landline"),
    "30005": TwilioCode(RefusalReason.ADDRESS, "unknown handset: the number is gone"),
    "30006": TwilioCode(RefusalReason.ADDRESS, "landline, or a carrier that cannot be reached"),
    "63003": TwilioCode(RefusalReason.ADDRESS, "WhatsApp does not know To"),
    "63024": TwilioCode(RefusalReason.ADDRESS, "invalid WhatsApp recipient"),
    "63031": TwilioCode(RefusalReason.ADDRESS, "To is our own WhatsApp sender"),
    # the text
    "21602": TwilioCode(RefusalReason.CONTENT, "the text is empty"),
    "21617": TwilioCode(RefusalReason.CONTENT, "the text is over 1,600 characters"),
    "21658": TwilioCode(RefusalReason.CONTENT, "a field is too long"),
    "30004": TwilioCode(RefusalReason.CONTENT, "blocked on the way; do not send it again"),
    "30007": TwilioCode(RefusalReason.CONTENT, "filtered as spam; do not send the same text again"),
    "63013": TwilioCode(RefusalReason.CONTENT, "against WhatsApp's policy"),
    "63016": TwilioCode(RefusalReason.WINDOW, "WhatsApp: free text outside the 24 hours"),
    "63021": TwilioCode(RefusalReason.CONTENT, "WhatsApp rejected the content"),
    # what passes
    "30001": TwilioCode(LATER, "the queue overflowed"),
    "30003": TwilioCode(HOURS_LATER, "the handset cannot be reached now"),
    "30008": TwilioCode(HOURS_LATER, "unknown error on the way"),
    "30036": TwilioCode(SOON, "not sent within its time"),
    "63012": TwilioCode(LATER, "WhatsApp had an internal error"),
    "63018": TwilioCode(TOMORROW, "WhatsApp's messaging limit is reached"),
    "63032": TwilioCode(TOMORROW, "the recipient is in a WhatsApp experiment"),
}

MOVED: Final = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
"""Answers that pass a POST on unread: the configured address of the API is not the API."""


def answer_to(status: int, code: str) -> Refused | TryLater | InDoubt:
    """What Twilio's refusal of a send means; a client error nobody knows is laid to our text."""
    if status in MOVED:
        return Refused(RefusalReason.CONFIGURATION, str(status))
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InDoubt(code)
    known = CODES.get(code) or CODES.get(str(status))
    follows = known.follows if known else RefusalReason.CONTENT
    match follows:
        case RefusalReason():
            return Refused(follows, code)
        case timedelta():
            return TryLater(follows, code)
        case Unsure():
            return InDoubt(code)
        case _:
            assert_never(follows)


def follows(code: str, reason: RefusalReason) -> bool:
    """Whether this reason follows from a code, for status callbacks."""
    known = CODES.get(code)
    return known is not None and known.follows is reason
