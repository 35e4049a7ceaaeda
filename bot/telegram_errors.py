"""What errors of the Bot API mean for a message: refused and why, to be tried again, or in doubt."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
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


class TelegramNotSetUp(Refusal):
    """The Bot API refused a call that set-up needs."""

    def __init__(self, what: str, error: TelegramError) -> None:
        super().__init__(
            f"Telegram did not {what} ({code_of(error)}): check KVITT_TELEGRAM_TOKEN and the network"
        )


@dataclass(frozen=True, slots=True)
class TelegramCode:
    """One of the Bot API's errors: its status, words of its description, what follows, and what it says."""

    status: int
    words: str
    """Part of the description, in small letters; empty for any other error of this status."""
    follows: RefusalReason
    meaning: str


_OPTED_OUT, _ADDRESS, _CONTENT = RefusalReason.OPTED_OUT, RefusalReason.ADDRESS, RefusalReason.CONTENT
_OURS = RefusalReason.CONFIGURATION

ERRORS: Final = (
    TelegramCode(403, "deactivated", _ADDRESS, "the account was deleted"),
    TelegramCode(403, "can't initiate", _ADDRESS, "they never wrote to the bot"),
    TelegramCode(403, "can't send messages to bots", _ADDRESS, "the chat is a bot"),
    TelegramCode(403, "can't send messages to the user", _ADDRESS, "they never wrote to the bot"),
    TelegramCode(403, "chat was deleted", _ADDRESS, "the chat was deleted"),
    TelegramCode(403, "not a member", _ADDRESS, "the bot is not in the chat"),
    TelegramCode(403, "was kicked", _OPTED_OUT, "the bot was put out of the chat"),
    TelegramCode(403, "was blocked", _OPTED_OUT, "they blocked the bot"),
    TelegramCode(403, "", _OPTED_OUT, "the bot may not write there"),
    TelegramCode(400, "chat not found", _ADDRESS, "no such chat, or they never wrote to the bot"),
    TelegramCode(400, "user not found", _ADDRESS, "no such user"),
    TelegramCode(400, "peer_id_invalid", _ADDRESS, "no such chat"),
    TelegramCode(400, "chat_id is empty", _ADDRESS, "no chat is named"),
    TelegramCode(400, "input_user_deactivated", _ADDRESS, "the account was deleted"),
    TelegramCode(400, "user_is_blocked", _OPTED_OUT, "they blocked the bot"),
    TelegramCode(400, "group chat was upgraded", _ADDRESS, "the group has another id now"),
    TelegramCode(400, "migrated to supergroup", _ADDRESS, "the group moved more than once"),
    TelegramCode(400, "group chat was deactivated", _ADDRESS, "the group is over"),
    TelegramCode(400, "chat_write_forbidden", _ADDRESS, "the bot may not write in the chat"),
    TelegramCode(400, "have no rights to send", _ADDRESS, "the bot may not write in the chat"),
    TelegramCode(400, "not enough rights", _ADDRESS, "the bot may not write in the chat"),
    TelegramCode(400, "chat_restricted", _ADDRESS, "the chat is restricted"),
    TelegramCode(400, "topic_closed", _ADDRESS, "the topic is closed"),
    TelegramCode(400, "message is too long", _CONTENT, "the text is too long"),
    TelegramCode(400, "text is empty", _CONTENT, "the text is empty"),
    TelegramCode(400, "text must be non-empty", _CONTENT, "the text is empty"),
    TelegramCode(400, "can't parse", _CONTENT, "the text's form cannot be read"),
    TelegramCode(400, "must be encoded in utf-8", _CONTENT, "the text is not encoded rightly"),
    TelegramCode(400, "button", _CONTENT, "a button is not right"),
    TelegramCode(400, "reply markup", _CONTENT, "the buttons are not right"),
    TelegramCode(400, "message to edit not found", _CONTENT, "the message to change is gone"),
    TelegramCode(400, "message can't be edited", _CONTENT, "the message cannot be changed any more"),
    TelegramCode(400, "message to be replied not found", _CONTENT, "the message to answer is gone"),
    TelegramCode(400, "message_id_invalid", _CONTENT, "no such message"),
    TelegramCode(400, "", RefusalReason.UNKNOWN, ""),
    TelegramCode(401, "", _OURS, "the token is not accepted, or there is no Bot API at the address"),
    TelegramCode(409, "", _OURS, "another program polls with the token, or a webhook is set"),
)
"""Refusals of the Bot API, the first that fits (404 is as 401); 429 names a wait, all else is doubt."""

_STATUS: Final = (
    (Forbidden, 403),
    (InvalidToken, 401),
    (Conflict, 409),
    (BadRequest, 400),
    (ChatMigrated, 400),
)


def verdict(error: Exception) -> Sent:
    """What an error of a call says of the message that was being sent."""
    match error:
        case RetryAfter():
            return TryLater(asked_for(error), "429")
        case Forbidden() | BadRequest() | InvalidToken() | Conflict() | ChatMigrated():
            return _refused(error)
        case NetworkError() if isinstance(error.__cause__, _NEVER_LEFT):
            return TryLater(SOON, code_of(error))
    return InDoubt(code_of(error))


def _refused(error: TelegramError) -> Refused:
    code = code_of(error)
    if error.__cause__ is not None:
        # The refusal was no answer of the Bot API: something on the way, and no word from the customer.
        return Refused(_OURS, code, "something between here and Telegram refuses it")
    said, status = error.message.lower(), next(status for kind, status in _STATUS if isinstance(error, kind))
    found = next((one for one in ERRORS if one.status == status and one.words in said), None)
    assert found is not None
    return Refused(found.follows, code, found.meaning)


def asked_for(error: TelegramError) -> timedelta:
    """The wait that a busy Telegram asks for; none for other errors."""
    wait = error.retry_after if isinstance(error, RetryAfter) else timedelta()
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


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
