"""What time it is: the only place that reads it."""

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
    """A clock for demonstrations: it goes on by itself, and can be moved further."""

    def __init__(self, start: datetime, *, running: bool = False) -> None:
        self._start = start
        self._begun = system_clock() if running else None

    def __call__(self) -> datetime:
        """The pretended time, in UTC."""
        return self._start + (system_clock() - self._begun if self._begun else timedelta())

    def advance(self, by: timedelta) -> None:
        """Let time go by at once."""
        self._start += by

    def set(self, to: datetime) -> None:
        """Make it that moment (UTC)."""
        self._start += to - self()
