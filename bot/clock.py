"""The clock: the only module that reads the system's time, so that all else can run on a simulated one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Clock: TypeAlias = "Callable[[], datetime]"


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


class VirtualClock:
    """A clock for demonstrations: it runs, and can be moved forward."""

    def __init__(self, start: datetime, *, running: bool = False) -> None:
        self._start = start
        self._begun = system_clock() if running else None

    def __call__(self) -> datetime:
        """The pretended time, in UTC."""
        return self._start + (system_clock() - self._begun if self._begun else timedelta())

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._start += by

    def set(self, to: datetime) -> None:
        """Move the clock to this moment (UTC)."""
        self._start += to - self()
