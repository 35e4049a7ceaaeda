"""Telegram, on python-telegram-bot: messages out with their buttons, updates in by polling or webhook."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Update
from telegram.constants import ChatType, UpdateType
from telegram.error import (
    BadRequest,
    ChatMigrated,
    InvalidToken,
    TelegramError,
)
from telegram.ext import AIORateLimiter, Application, ExtBot, TypeHandler
from telegram.request import HTTPXRequest

from billing.accounts.channels import Channel
from bot.channel import Accepted, RefusalReason, Refused, Trace
from bot.outages import Outage
from bot.telegram_errors import SOON, asked_for, name_of, passes, set_up, verdict
from bot.telegram_library import OneAtATime, PollRequest, keep_secrets
from bot.telegram_updates import about_another_bot, arrival, message_reference, update_of
from handlers import logs
from storage.database import trouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.channel import Envelope, Posted, Receiver, Sent
    from handlers.arrivals import Arrival

API_URL: Final = "https://api.telegram.org"
UPDATES: Final = (
    UpdateType.MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
    UpdateType.EDITED_MESSAGE,
)
PATIENCE: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 15, 30))

_CHAT_ID = re.compile(r"-?[0-9]{1,16}")
_BUTTON_BYTES: Final = 64
"""The Bot API's limit for a button's ``callback_data``."""
_NOT_MODIFIED: Final = "not modified"
_WHAT_A_SEND_MAY_MEET = (TelegramError, AttributeError, KeyError, TypeError, ValueError)


class TelegramChannel:
    """Speaks to customers as one Telegram bot; ``api_url`` is any server that speaks the Bot API.

    ``timeout`` bounds the wait for each answer. The bot sends at most 30 messages a second in all;
    one message a second to each chat is delivery's to keep. Of groups only ``staff_chats`` are read.
    ``webhook_secret`` proves that a post is Telegram's; without one no post is taken.
    """

    name: Final = Channel.TELEGRAM

    def __init__(
        self,
        token: str,
        api_url: str | None = None,
        timeout: timedelta = SOON,
        staff_chats: Container[str] = frozenset(),
        webhook_secret: str = "",
    ) -> None:
        keep_secrets()
        self._webhook_secret = webhook_secret
        self._staff_chats = staff_chats
        self._timeout = seconds = timeout.total_seconds()
        self._reaching = Outage("telegram.unreachable", "telegram.reached")
        self._polling = Outage("telegram.polling", "telegram.polling_again")
        self._requests = [
            HTTPXRequest(64, seconds, seconds),
            PollRequest(1, seconds, seconds, on_answer=self._polling.worked),
        ]
        self._bot: ExtBot[Any] = ExtBot(
            token,
            base_url=f"{(api_url or API_URL).rstrip('/')}/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
            # No retries here: the outbox plans the next try, so that it survives a restart.
            rate_limiter=AIORateLimiter(max_retries=0),
        )
        self._application: Application[Any, Any, Any, Any, Any, Any] = (
            Application.builder().bot(self._bot).update_queue(OneAtATime()).job_queue(None).build()
        )
        self._application.add_handler(TypeHandler(Update, self._handle))
        self._connecting: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def send(self, envelope: Envelope) -> Sent:
        """Hand the message to Telegram, once; its id is ``chat:message``.

        A group that became a supergroup has a new chat id: the id given back names it.
        """
        if (unfit := _unfit(envelope)) is not None:
            return unfit
        try:
            return await self._post(int(envelope.address), envelope)
        except ChatMigrated as moved:
            chat_id = moved.new_chat_id
        except _WHAT_A_SEND_MAY_MEET as error:
            return verdict(error)
        try:
            # The new chat shows the old messages, but they cannot be edited there.
            return await self._post(chat_id, replace(envelope, edits=""))
        except _WHAT_A_SEND_MAY_MEET as error:
            return verdict(error)

    async def _post(self, chat_id: int, envelope: Envelope) -> Accepted:
        if envelope.edits:
            return await self._replace(envelope)
        try:
            message = await self._bot.send_message(
                chat_id,
                envelope.text,
                reply_markup=_keyboard(envelope),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            return Accepted(message_reference(message.chat.id, message.message_id))
        except (AttributeError, TypeError, ValueError):
            # Telegram said yes, and then something that is no message: it is on the screen, under an id that
            # nobody knows, so that it cannot be edited. What is no answer of Telegram's is a TelegramError.
            return Accepted("")

    async def _replace(self, envelope: Envelope) -> Accepted:
        """Put the text and the buttons in the place of an earlier message; twice is as good as once."""
        chat_id, _, message_id = envelope.edits.partition(":")
        try:
            await self._bot.edit_message_text(
                envelope.text,
                int(chat_id),
                int(message_id),
                reply_markup=_keyboard(envelope),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except BadRequest as error:
            if _NOT_MODIFIED not in error.message.lower():
                raise
        return Accepted(envelope.edits)

    async def trace(self, envelope: Envelope) -> Accepted | Trace:  # noqa: ARG002
        """Telegram cannot list what a bot sent, so a message in doubt stays in doubt."""
        return Trace.CANNOT_TELL

    async def close(self) -> None:
        """Stop listening and let go of connections."""
        await self.stop_listening()
        await self._application.shutdown()
        for request in self._requests:
            await request.shutdown()

    async def listen(
        self,
        on_arrival: Callable[[Arrival], Awaitable[None]],
        now: Callable[[], datetime],
        patience: Sequence[timedelta] = PATIENCE,
    ) -> None:
        """Poll in the background until :meth:`stop_listening`; ``on_arrival`` stores what comes.

        An update is confirmed to Telegram only after ``on_arrival`` has returned, so a killed process
        gets it again. Storing that fails is tried again after each wait of ``patience``, and then after its
        last, until it works: nothing that came later overtakes it. While Telegram cannot be reached the bot
        keeps trying in the same rhythm; if it refuses the token, that is logged and polling ends.
        """
        self._on_arrival, self._now, self._patience = on_arrival, now, patience
        self._stopping.clear()
        self._connecting = asyncio.create_task(self._keep_trying(self._poll, _waits(patience)))

    async def _keep_trying(self, step: Callable[[], Awaitable[None]], waits: Iterator[timedelta]) -> None:
        while True:
            try:
                await step()
            except InvalidToken:  # its text quotes the token
                logs.logger().error("telegram.token_refused")
                return
            except TelegramError as error:
                self._reaching.failed(error=name_of(error))
                await asyncio.sleep(max(next(waits), asked_for(error)).total_seconds())
            else:
                self._reaching.worked()
                return

    async def _poll(self) -> None:
        await self._application.initialize()
        assert self._application.updater is not None
        await self._application.updater.start_polling(
            allowed_updates=UPDATES, drop_pending_updates=False, error_callback=self._polling_met
        )
        await self._application.start()

    def _polling_met(self, error: TelegramError) -> None:
        self._polling.failed(error=name_of(error))

    async def stop_listening(self) -> None:
        """Stop polling; an update being stored is finished, Telegram keeps the others for later."""
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
            self._connecting = None
        updater = self._application.updater
        if updater is not None and updater.running:
            # After an error the library sleeps up to half a minute, deaf to being stopped.
            with suppress(TelegramError, TimeoutError):
                await asyncio.wait_for(updater.stop(), self._timeout)
        # Only now: a wait that ended while polling went on would confirm an update nobody stored.
        self._stopping.set()
        if self._application.running:
            await self._application.stop()

    async def _handle(self, update: Update, _: object) -> None:
        found = await asyncio.to_thread(arrival, update, self._now(), self._staff_chats)
        if found is not None and await self._stored(found):
            await self._release(update)

    async def _stored(self, found: Arrival) -> bool:
        log = logs.logger().bind(update_id=found.provider_id)
        waits, tries = _waits(self._patience), 0
        while True:
            tries += 1
            try:
                await self._on_arrival(found)
            except Exception as error:  # noqa: BLE001 - whatever it is, the update must not get lost
                if trouble.kind_of(error) is None:
                    say = log.warning if tries <= len(self._patience) else log.error
                    say("telegram.not_stored", error=type(error).__name__, tries=tries)
            else:
                return True
            if await self._stopped_within(next(waits)):
                return False

    async def _stopped_within(self, within: timedelta) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), within.total_seconds())
        return self._stopping.is_set()

    async def set_webhook(self, url: str, secret: str, patience: Sequence[timedelta] = PATIENCE) -> None:
        """Have Telegram post updates to ``url`` with ``secret`` in a header, instead of being polled.

        While Telegram cannot be reached it is asked again in the background after each wait of ``patience``:
        other channels need not wait for it.

        Raises:
            TelegramNotSetUp: Telegram refuses it.
        """

        async def ask() -> None:
            await self._bot.set_webhook(url, secret_token=secret, allowed_updates=UPDATES)

        async with set_up("take the webhook"):
            try:
                await ask()
            except TelegramError as error:
                if not passes(error):
                    raise
                self._reaching.failed(error=name_of(error))
                self._connecting = asyncio.create_task(self._keep_trying(ask, _waits(patience)))

    async def take_post(self, posted: Posted, receiver: Receiver) -> bool:
        """Hand on the update that was posted; False without the webhook's secret, or of another bot."""
        given = posted.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        expected = self._webhook_secret
        if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
            return False
        body = _json(posted.body)
        if body is not None and about_another_bot(body, self._bot.token):
            return False
        if body is not None:
            found = await asyncio.to_thread(self.parse_webhook, body, posted.at)
            if found is not None:
                await receiver.receive(found)
            await self.acknowledge(body)
        return True

    def parse_webhook(self, body: Mapping[str, Any], received_at: datetime) -> Arrival | None:
        """The customer's message or button in a webhook's body; None for other updates. Never raises."""
        update = update_of(body, self._bot)
        return None if update is None else arrival(update, received_at, self._staff_chats)

    async def acknowledge(self, body: Mapping[str, Any]) -> None:
        """Release the button pressed in a webhook's update, once the update is stored. Never raises."""
        update = update_of(body, self._bot)
        if update is not None:
            await self._release(update)

    async def _release(self, update: Update) -> None:
        query = update.callback_query
        message = query.message if query else None
        if query is None or message is None or (chat := getattr(message, "chat", None)) is None:
            return
        calls: list[Awaitable[object]] = [self._bot.answer_callback_query(query.id)]
        # In a staff chat the buttons change with the case, and no group but a staff chat is heard.
        if chat.type == ChatType.PRIVATE and str(chat.id) not in self._staff_chats:
            calls.append(self._bot.edit_message_reply_markup(chat.id, message.message_id))
        met = await asyncio.gather(*calls, return_exceptions=True)
        for error in met:
            if isinstance(error, TelegramError):
                logs.logger().info("telegram.button_not_released", error=name_of(error))

    async def username(self) -> str:
        """The bot's name, for :func:`deep_link`; proves that the token works."""
        async with set_up("say who the bot is"):
            return (await self._bot.get_me()).username or ""

    async def set_commands(self, commands: Mapping[str, str], language: str = "") -> None:
        """Show a menu of commands, for people whose app speaks ``language`` (two letters) or for all."""
        async with set_up("take the menu of commands"):
            await self._bot.set_my_commands(list(commands.items()), language_code=language or None)


def deep_link(username: str, token: str) -> str:
    """A link that opens the Telegram chat with the bot and gives it ``token`` (1-64 of A-Z a-z 0-9 _ -)."""
    return f"https://t.me/{username}?start={token}"


def _json(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _keyboard(envelope: Envelope) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(one.label, callback_data=one.value)] for one in envelope.choices]
    return InlineKeyboardMarkup(rows) if rows else None


def _waits(patience: Sequence[timedelta]) -> Iterator[timedelta]:
    return chain(patience, repeat(patience[-1]))


def _unfit(envelope: Envelope) -> Refused | None:
    if not _CHAT_ID.fullmatch(envelope.address):
        return Refused(RefusalReason.ADDRESS, "not a chat id")
    try:
        envelope.text.encode()
        sizes = [len(choice.value.encode()) for choice in envelope.choices]
    except UnicodeEncodeError:
        return Refused(RefusalReason.CONTENT, "encoding")
    if not all(1 <= size <= _BUTTON_BYTES for size in sizes):
        return Refused(RefusalReason.CONTENT, "button over 64 bytes")
    return None
