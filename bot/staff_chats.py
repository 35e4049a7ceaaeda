"""Which chats are the staff's: those of the settings, and what Telegram made of them since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.desk import staff_chats

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.database.transaction import Database


class StaffChats:
    """The staff's chats, by id: a group that became a supergroup is one of them under its new id, too.

    Any process may have heard of that first, so the database is asked about a group that is not known here.
    """

    def __init__(self, configured: Collection[str], database: Database) -> None:
        self._configured = frozenset(configured)
        self._database = database

    def __contains__(self, chat: object) -> bool:
        """Whether a chat is the staff's."""
        if chat in self._configured:
            return True
        if not self._configured or not isinstance(chat, str) or not chat.startswith("-"):
            return False
        with self._database.read() as session:
            return chat in staff_chats.current(session, self._configured)
