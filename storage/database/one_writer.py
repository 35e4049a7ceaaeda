"""SQLite's one writer: the threads of a process take turns, and who keeps somebody waiting goes first."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class OneWriter:
    """A lock that is handed on in the order it was asked for, to the urgent before the others.

    With a plain lock a job that writes batch after batch takes it again before anybody else can.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._urgent: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._guard:
            return len(self._urgent) + len(self._others)

    @contextmanager
    def held(self, *, urgent: bool) -> Iterator[None]:
        """Hold the lock."""
        self._take(self._urgent if urgent else self._others)
        try:
            yield
        finally:
            self._hand_on()

    def _take(self, queue: deque[threading.Lock]) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            ticket = threading.Lock()
            ticket.acquire()
            queue.append(ticket)
        ticket.acquire()  # released by the one who hands the turn on

    def _hand_on(self) -> None:
        with self._guard:
            queue = self._urgent or self._others
            if queue:
                queue.popleft().release()
            else:
                self._taken = False
