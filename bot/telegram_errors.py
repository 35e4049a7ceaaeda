"""What errors of the Bot API mean for a message: refused and why, to be tried again, or in doubt."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from billing.refusals import Refusal
from bot.channel import InDoubt, RefusalReason, Refused, TryLater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.channel import Sent

SOON: Final = timedelta(seconds=10)
"""Wait before another try of what certainly did not leave; also how long a call may take."""
_LONGEST_CODE: Final = 60
_NEVER_LEFT = (httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError)
_NOBODY_THERE = ("deactivated", "can't initiate", "chat not found", "peer_id_invalid", "user not found")


class TelegramNotSetUp(Refusal):
    """The Bot API refused a call that set-up needs."""

    def __init__(self, what: str, error: TelegramError) -> None:
        super().__init__(
            f"Telegram did not {what} ({code_of(error)}): check KVITT_TELEGRAM_TOKEN and the network"
        )


def verdict(error: Exception) -> Sent:
    """What an error of a call says of the message that was being sent."""
    match error:
        case RetryAfter(retry_after=timedelta() as wait):
            return TryLater(wait, "429")
        case Forbidden() | BadRequest() | InvalidToken() | Conflict() | ChatMigrated():
            return Refused(_why(error), code_of(error))
        case NetworkError() if isinstance(error.__cause__, _NEVER_LEFT):
            return TryLater(SOON, code_of(error))
    return InDoubt(code_of(error))


def _why(error: TelegramError) -> RefusalReason:
    said = error.message.lower()
    if error.__cause__ is not None:
        # The refusal was no answer of the Bot API: something on the way, and no word from the customer.
        return RefusalReason.CONFIGURATION
    nobody_there = any(words in said for words in _NOBODY_THERE)
    match error:
        case Forbidden():
            return RefusalReason.ADDRESS if nobody_there else RefusalReason.OPTED_OUT
        case BadRequest():
            return RefusalReason.ADDRESS if nobody_there else RefusalReason.CONTENT
        case ChatMigrated():
            return RefusalReason.ADDRESS
    return RefusalReason.CONFIGURATION


def name_of(error: Exception) -> str:
    """The type of an error, for the log: what Telegram says may quote a text."""
    cause = error.__cause__
    return type(cause if isinstance(cause, httpx.HTTPError) else error).__name__


def code_of(error: Exception) -> str:
    """The error in a few words, for the desk; never a token."""
    cause = error.__cause__
    if isinstance(cause, httpx.HTTPError):
        return type(cause).__name__
    if isinstance(error, InvalidToken) or not isinstance(error, TelegramError):
        return type(error).__name__
    return error.message.split(". ")[0][:_LONGEST_CODE]


def passes(error: TelegramError) -> bool:
    """Whether the same call may be taken later as it is: nobody answered, or it came too often."""
    return isinstance(error, NetworkError | RetryAfter) and not isinstance(error, BadRequest)


@asynccontextmanager
async def set_up(what: str) -> AsyncIterator[None]:
    """A step of set-up: what Telegram says to it is one sentence.

    Raises:
        TelegramNotSetUp: Telegram cannot be reached, or refuses it.
    """
    try:
        yield
    except TelegramError as error:
        raise TelegramNotSetUp(what, error) from None
