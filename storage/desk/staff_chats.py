"""Groups of the staff that became supergroups: Telegram gives such a group another id, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from billing.accounts.channels import STAFF_CHAT
from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


def current(session: Session, chats: Iterable[str]) -> list[str]:
    """The present ids of the groups that once had these, each once."""
    row = tables.StaffChatMove
    rows = session.execute(select(row.old_chat, row.new_chat))
    moves: dict[str, str] = {old: new for old, new in rows}  # noqa: C416 - rows are no pairs to the type checker
    return list(dict.fromkeys(_followed(moves, chat) for chat in chats))


def move(session: Session, old: str, new: str, now: datetime) -> bool:
    """Note that a group of the staff has another id; returns whether that was news.

    The contact point keeps its notices and goes on under the new id.
    """
    values = {"old_chat": old, "new_chat": new, "moved_at": now}
    if old == new or insert_once(session, tables.StaffChatMove, values) is None:
        return False
    point = tables.ContactPoint
    here = point.channel == STAFF_CHAT.value
    if session.scalar(select(point.id).where(here, point.address == new)) is None:
        session.execute(update(point).where(here, point.address == old).values(address=new))
    return True


def _followed(moves: dict[str, str], chat: str) -> str:
    seen = {chat}
    while chat in moves and moves[chat] not in seen:
        chat = moves[chat]
        seen.add(chat)
    return chat
