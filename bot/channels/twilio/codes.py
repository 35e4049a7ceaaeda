"""What Twilio's codes mean to us: one table, for refused sends and for status callbacks alike.

The table is that of Twilio's published dictionary, as far as sending messages is concerned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from bot.channel import InDoubt, RefusalReason, Refused, TryLater
from bot.channels.twilio.code_table import MEANINGS, REGISTRATION

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unsure(StrEnum):
    """A code after which nobody knows whether the message was taken."""

    DOUBT = "doubt"


Class: TypeAlias = RefusalReason | timedelta | Unsure
"""Refused for a reason; not taken, to be tried again after a while; or in doubt."""

_CODE: Final = re.compile("[0-9]{3,6}")
"""What a code of Twilio's looks like; anything else may quote anything."""
SOON: Final = timedelta(seconds=30)
LATER: Final = timedelta(minutes=10)
HOURS_LATER: Final = timedelta(hours=6)
TOMORROW: Final = timedelta(hours=24)

_FOLLOWS: Final[Mapping[str, Class]] = {
    **{reason.value: reason for reason in RefusalReason},
    "soon": SOON,
    "later": LATER,
    "hours later": HOURS_LATER,
    "tomorrow": TOMORROW,
    "doubt": Unsure.DOUBT,
}


@dataclass(frozen=True, slots=True)
class TwilioCode:
    """One of Twilio's codes: what follows from it, and what it says."""

    follows: Class
    meaning: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What a status callback's code says of a message that Twilio had taken and that did not arrive."""

    cause: RefusalReason | None
    """None: it was not delivered, and nothing more is said."""
    after: timedelta | None
    """The wait before another try, where the failure passes."""
    meaning: str = ""


CODES: Final[Mapping[str, TwilioCode]] = {
    code: TwilioCode(_FOLLOWS[follows], meaning)
    for follows, codes in MEANINGS.items()
    for code, meaning in codes.items()
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


def known(code: str) -> TwilioCode | None:
    """What is known of a code; None for one that is in no table."""
    found = CODES.get(code)
    if found is None and any(
        first <= code <= last for first, last in REGISTRATION if len(code) == len(first)
    ):
        return TwilioCode(
            RefusalReason.SENDER, "the registration of the number, brand or campaign was rejected"
        )
    return found


def answer_to(status: int, code: str) -> Refused | TryLater | InDoubt:
    """What Twilio's refusal of a send means; one without a code of its own is laid to our text."""
    if status in MOVED:
        return Refused(RefusalReason.CONFIGURATION, str(status), "the address of the API points elsewhere")
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return InDoubt(code)
    found = known(code) or CODES.get(str(status))
    if found is None:
        new = code != str(status) and _CODE.fullmatch(code)
        return Refused(RefusalReason.UNKNOWN if new else RefusalReason.CONTENT, code)
    match found.follows:
        case RefusalReason():
            return Refused(found.follows, code, found.meaning)
        case timedelta():
            return TryLater(found.follows, code)
        case Unsure():
            return InDoubt(code)
        case _:
            assert_never(found.follows)


def failure(code: str) -> Failure:
    """What a failure reported afterwards means: with one of the same table, for the same reason.

    A callback leaves no doubt: what Twilio may or may not have taken at first did not arrive.
    """
    if not _CODE.fullmatch(code):
        return Failure(None, None)
    found = known(code)
    if found is None:
        return Failure(RefusalReason.UNKNOWN, None)
    match found.follows:
        case RefusalReason():
            return Failure(found.follows, None, found.meaning)
        case timedelta():
            return Failure(None, found.follows, found.meaning)
        case Unsure():
            return Failure(None, LATER, found.meaning)
        case _:
            assert_never(found.follows)
