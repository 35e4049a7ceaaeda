"""Whether a database can be worked with, as this process's transactions find out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from storage.database import trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

    from storage.database.trouble import DatabaseTrouble

QUIET: Final = 2.0
"""Seconds without a failure before trouble is over: a server that starts, or a full disk, comes and goes."""


class Health:
    """A database's health. ``listener`` hears of it twice: when trouble begins, and (None) when it is over.

    A transaction that began before the last failure says nothing about now.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._guard = threading.Lock()
        self._failed_at = 0.0
        self.trouble: DatabaseTrouble | None = None
        """What is wrong now, as far as this process knows."""
        self.listener: Callable[[DatabaseTrouble | None], None] | None = None

    def began(self) -> float:
        """When a transaction begins, for :meth:`worked`."""
        return time.monotonic()

    def failed(self, error: BaseException) -> None:
        """Note what a transaction raised; only the database's own trouble counts."""
        found = trouble.explained(error, self._url)
        if found is None:
            return
        with self._guard:
            first, self._failed_at = self.trouble is None, time.monotonic()
            if first:
                self.trouble = found
        if first and self.listener:
            self.listener(found)

    def worked(self, began: float, *, wrote: bool) -> None:
        """Note that a transaction came to its end."""
        if self.trouble is not None and self._is_over(began, wrote=wrote) and self.listener:
            self.listener(None)

    def _is_over(self, began: float, *, wrote: bool) -> bool:
        with self._guard:
            now = self.trouble
            if now is None or trouble.lasts(now.kind) or began < self._failed_at + QUIET:
                return False
            if not wrote and not trouble.ends_with_reading(now.kind):
                return False
            self.trouble = None
            return True
