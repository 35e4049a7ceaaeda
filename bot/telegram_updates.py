"""Reads Telegram updates: a customer's message or button, or nothing for Kvitt.

Only private chats count: strangers may read a group, and bills are confidential. The staff
chats are the exception: there a command or a button is a colleague's, and all other messages are ignored.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.constants import ChatMemberStatus, ChatType

from billing.accounts.channels import Channel
from handlers import logs
from handlers.arrivals import Arrival, ArrivalKind

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

    from telegram import Bot, CallbackQuery, ChatMemberUpdated, Message

_COMMAND = re.compile(r"/(\w{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_LINK_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError)


def message_reference(chat_id: int, message_id: int) -> str:
    """The provider's id of a message: chat and message, since Telegram numbers messages within each chat."""
    return f"{chat_id}:{message_id}"


def update_of(body: Mapping[str, Any], bot: Bot | None = None) -> Update | None:
    """The update in a webhook's body; None if the body is no update."""
    try:
        return Update.de_json(dict(body), bot)
    except _UNREADABLE as error:
        logs.logger().warning("telegram.unreadable_update", error=type(error).__name__)
        return None


def about_another_bot(body: Mapping[str, Any], token: str) -> bool:
    """Whether an update names another bot than that of the token: who wrote the message, or was blocked."""
    update = update_of(body)
    change, query = (update.my_chat_member, update.callback_query) if update else (None, None)
    carried = query.message if query else None
    # What is no update is told elsewhere: parts of one may be anything.
    named = [
        getattr(getattr(change, "new_chat_member", None), "user", None),
        getattr(carried, "from_user", None),
    ]
    own = token.partition(":")[0]
    return any(getattr(user, "is_bot", False) and f"{getattr(user, 'id', '')}" != own for user in named)


def arrival(
    update: Update, received_at: datetime, staff_chats: Container[str] = frozenset()
) -> Arrival | None:
    """A customer's action in a Telegram update, or a colleague's in a staff chat, at ``received_at`` (UTC).

    None when it is nothing for Kvitt.
    """
    try:
        if (moved := _moved(update, received_at, staff_chats)) is not None:
            return moved
        if update.effective_chat is not None and str(update.effective_chat.id) in staff_chats:
            return _from_staff(update, received_at)
        return _arrival(update, received_at)
    except _UNREADABLE as error:
        logs.logger().warning("telegram.unreadable_update", error=type(error).__name__)
        return None


def _arrival(update: Update, received_at: datetime) -> Arrival | None:
    provider_id = str(update.update_id)
    if update.message is not None:
        return _from_message(update.message, provider_id, received_at)
    if update.edited_message is not None and update.edited_message.text is not None:
        found = _from_message(update.edited_message, provider_id, received_at)
        return replace(found, kind=ArrivalKind.EDITED) if found else None
    if update.callback_query is not None:
        return _from_press(update.callback_query, provider_id, received_at)
    if update.my_chat_member is not None:
        return _from_membership(update.my_chat_member, provider_id, received_at)
    return None


def _moved(update: Update, received_at: datetime, staff_chats: Container[str]) -> Arrival | None:
    """A staff chat that became a supergroup: told in the old chat and in the new one, by Telegram alone."""
    message = update.message
    if message is None or not (message.migrate_to_chat_id or message.migrate_from_chat_id):
        return None
    old = str(message.migrate_from_chat_id or message.chat.id)
    if old not in staff_chats:
        return None
    return Arrival(
        channel=Channel.TELEGRAM,
        provider_id=str(update.update_id),
        address=old,
        text=str(message.migrate_to_chat_id or message.chat.id),
        received_at=received_at,
        kind=ArrivalKind.STAFF_MOVED,
    )


def _from_staff(update: Update, received_at: datetime) -> Arrival | None:
    """A command or a button; in a private chat anything that was written, which is answered with help."""
    query, message, user = update.callback_query, update.message, update.effective_user
    if user is None or (query is None and message is None):
        return None
    if query is not None:
        carried = query.message
        text = query.data if isinstance(query.data, str) else ""
        chat = carried.chat if carried is not None else None
        asked_at = message_reference(chat.id, carried.message_id) if chat and carried is not None else ""
    else:
        assert message is not None
        chat, text, asked_at = message.chat, message.text or "", ""
        if chat.type != ChatType.PRIVATE and not text.startswith("/"):
            return None
    if chat is None or not text:
        return None
    return Arrival(
        channel=Channel.TELEGRAM,
        provider_id=str(update.update_id),
        address=str(chat.id),
        text=text,
        received_at=received_at,
        kind=ArrivalKind.STAFF,
        asked_at=asked_at,
        sender=str(user.id),
    )


def _from_message(message: Message, provider_id: str, received_at: datetime) -> Arrival | None:
    if message.chat.type != ChatType.PRIVATE:
        return None
    if message.text is not None:
        kind, text = _read(message.text)
    elif message.contact is not None and message.from_user is not None:
        own = message.contact.user_id == message.from_user.id
        kind = ArrivalKind.CONTACT if own else ArrivalKind.MEDIA
        text = _e164(message.contact.phone_number) if own else ""
    elif message.effective_attachment is not None:
        kind, text = ArrivalKind.MEDIA, message.caption or ""
    else:
        return None
    return Arrival(
        channel=Channel.TELEGRAM,
        provider_id=provider_id,
        address=str(message.chat.id),
        text=text,
        received_at=received_at,
        kind=kind,
        name=message.chat.first_name or "",
    )


def _e164(number: str) -> str:
    """Telegram writes a number with or without its plus."""
    return "+" + "".join(sign for sign in number if sign.isdigit())


def _read(text: str) -> tuple[ArrivalKind, str]:
    if not (command := _COMMAND.fullmatch(text)):
        return ArrivalKind.TEXT, text
    word, rest = command[1], (command[2] or "").strip()
    if word.lower() == "start" and _LINK_TOKEN.fullmatch(rest):
        return ArrivalKind.LINK, rest
    return ArrivalKind.TEXT, f"{word} {rest}".rstrip()


def _from_press(query: CallbackQuery, provider_id: str, received_at: datetime) -> Arrival | None:
    message, value = query.message, query.data
    if message is None or not isinstance(value, str) or message.chat.type != ChatType.PRIVATE:
        return None
    return Arrival(
        channel=Channel.TELEGRAM,
        provider_id=provider_id,
        address=str(message.chat.id),
        text=value,
        received_at=received_at,
        kind=ArrivalKind.BUTTON,
        name=query.from_user.first_name,
        asked_at=message_reference(message.chat.id, message.message_id),
    )


def _from_membership(change: ChatMemberUpdated, provider_id: str, received_at: datetime) -> Arrival | None:
    if change.chat.type != ChatType.PRIVATE or change.new_chat_member.status != ChatMemberStatus.BANNED:
        return None
    return Arrival(
        channel=Channel.TELEGRAM,
        provider_id=provider_id,
        address=str(change.chat.id),
        text="",
        received_at=received_at,
        kind=ArrivalKind.STOPPED,
        name=change.from_user.first_name,
    )
