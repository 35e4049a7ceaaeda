"""What python-telegram-bot is given that differs from its own: how it polls, queues, and logs."""

from __future__ import annotations

import asyncio
import logging
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import telegram
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.telegram_updates import update_of

if TYPE_CHECKING:
    from collections.abc import Callable


class PollRequest(HTTPXRequest):
    """Empties updates that the library cannot read: one alone would hold up all behind it for ever.

    ``on_answer`` hears of every poll that was answered.
    """

    def __init__(self, *sizes: Any, on_answer: Callable[[], None]) -> None:
        super().__init__(*sizes)
        self._on_answer = on_answer

    async def do_request(self, *arguments: Any, **more: Any) -> tuple[int, bytes]:
        """Make one request."""
        code, answer = await super().do_request(*arguments, **more)
        if code == HTTPStatus.OK:
            self._on_answer()
        return code, answer

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """Read an answer; what of it the library could not read is emptied."""
        said = HTTPXRequest.parse_json_payload(payload)
        return said | {"result": [_readable(update) for update in said.get("result") or ()]}


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    return {"update_id": update["update_id"]} if update_of(update) is None else update


class OneAtATime(asyncio.Queue[object]):
    """Takes the next update when the last is handled.

    The updater confirms a batch to Telegram once it has put it here, so nothing unstored is confirmed.
    """

    async def put(self, item: object) -> None:
        """Queue an update, and wait until it was handled."""
        await super().put(item)
        await self.join()


def keep_secrets() -> None:
    """Keep tokens, texts and repeated errors of the library out of the log."""
    # At these levels httpx logs URLs, which hold the token, and the library logs texts.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger(telegram.__name__).setLevel(logging.INFO)
    # What it says of a busy Telegram delivery says, too.
    logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)
    # The library logs what it raises, too, each time with its traceback: we say it once.
    library = logging.getLogger("telegram.ext")
    if _raised_elsewhere not in library.filters:
        library.addFilter(_raised_elsewhere)
    # Else every wait that Telegram asks for is also a deprecation warning.
    os.environ["PTB_TIMEDELTA"] = "true"


def _raised_elsewhere(record: logging.LogRecord) -> bool:
    """Whether a line of the library is kept: not an error that reaches us as well."""
    return not (record.exc_info and isinstance(record.exc_info[1], TelegramError))
