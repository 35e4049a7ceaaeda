"""Who looks at whom: kept in memory for a moment and written down together; who else is at a page now."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.outages import log_failure
from handlers.context import Context
from handlers.desk import viewing
from handlers.desk.viewing import PersonView

if TYPE_CHECKING:
    from datetime import datetime

    from bot.clock import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

ONCE_IN: Final = timedelta(minutes=10)
"""A user who looks again so soon is not written down again."""
PRESENT: Final = timedelta(minutes=3)
"""How long a user counts as at a page that they opened."""
_PAUSE: Final = 2.0
_BATCH: Final = 50
_REMEMBERED: Final = 5000


class Viewers:
    """Notes views of customers' pages. One transaction writes down many: SQLite has one writer."""

    def __init__(self, database: Database, installation: Installation, clock: Clock) -> None:
        self._database, self._installation, self._clock = database, installation, clock
        self._lock = threading.Lock()
        self._waiting: list[PersonView] = []
        self._timer: threading.Timer | None = None
        self._written: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def looks(self, user: str, customer_id: str, now: datetime) -> list[str]:
        """Note that a user looks at a customer's page now (UTC); who else does, by name."""
        with self._lock:
            others = self._others(user, customer_id, now)
            self._remember(self._seen, (customer_id, user), now)
            before = self._written.get((customer_id, user))
            if before is None or now - before >= ONCE_IN:
                self._remember(self._written, (customer_id, user), now)
                self._waiting.append(PersonView(user, customer_id, now))
            full = len(self._waiting) >= _BATCH
            if self._waiting and self._timer is None:
                # It is waited for when the process ends: what was looked at is written down before.
                self._timer = threading.Timer(_PAUSE, self.write)
                self._timer.start()
        if full:
            self.write()
        return others

    def write(self) -> None:
        """Write down now what waits; what cannot be written is tried with the next."""
        with self._lock:
            views, self._waiting = self._waiting, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not views:
            return
        try:
            with self._database.write() as session:
                viewing.record(Context(session, self._installation, self._clock), views)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the page was shown: the views are kept
            log_failure("views", failure)
            with self._lock:
                self._waiting[:0] = views

    def _others(self, user: str, customer_id: str, now: datetime) -> list[str]:
        there = [
            name
            for (one, name), at in self._seen.items()
            if one == customer_id and name != user and now - at < PRESENT
        ]
        return sorted(there)

    @staticmethod
    def _remember(kept: OrderedDict[tuple[str, str], datetime], key: tuple[str, str], now: datetime) -> None:
        kept[key] = now
        kept.move_to_end(key)
        while len(kept) > _REMEMBERED:
            kept.popitem(last=False)


def shown(address: str, *, hidden: bool) -> str:
    """An address or phone, or only its last two signs where it is protected."""
    return f"•••• {address[-2:]}" if hidden and address else address
