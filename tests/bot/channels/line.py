"""A rig driven from a plain test: every call waits for its answer."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from bot.channel import Choice, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from typing import Any

    from bot.channel import Accepted, Sent, Trace
    from tests.bot.channels.rig import Rig

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)

R = TypeVar("R", bound="Rig")
T = TypeVar("T")


class Run(Protocol):
    """Runs something to its end."""

    def __call__(self, until: Coroutine[Any, Any, T], /) -> T: ...


class Line(Generic[R]):
    """A started rig and the loop it runs on; each envelope has a reference of its own."""

    def __init__(self, rig: R, run: Run) -> None:
        self.rig: Final = rig
        self._run = run
        self._references = count(1)

    def wait(self, until: Coroutine[Any, Any, T]) -> T:
        """Wait for anything at all."""
        return self._run(until)

    def envelope(
        self, text: str = "Hello", choices: Sequence[str] = (), address: str | None = None
    ) -> Envelope:
        """A message to the rig's customer, who has just written; a choice's value is its label in small."""
        return Envelope(
            reference=f"ref-{next(self._references)}",
            address=self.rig.address if address is None else address,
            text=text,
            begun_at=NOW,
            choices=tuple(Choice(label, label.lower()) for label in choices),
            heard_at=NOW,
        )

    def send(self, envelope: Envelope) -> Sent:
        """Hand a message over."""
        return self.wait(self.rig.adapter.send(envelope))

    def says(self, text: str, choices: Sequence[str] = ()) -> Sent:
        """Hand a new message over."""
        return self.send(self.envelope(text, choices))

    def trace(self, envelope: Envelope) -> Accepted | Trace:
        """Ask what became of a message."""
        return self.wait(self.rig.adapter.trace(envelope))


@contextmanager
def open_line(make: Callable[[], R]) -> Iterator[Line[R]]:
    """Start a rig on a loop of its own, and leave neither behind."""
    with open_loop() as run:
        rig = make()
        run(rig.__aenter__())
        try:
            yield Line(rig, run)
        finally:
            run(rig.__aexit__(None, None, None))


@contextmanager
def open_loop() -> Iterator[Run]:
    """A loop in a thread of its own: cancelled coroutines upset the tracing of the thread they run in."""
    with ThreadPoolExecutor(1) as thread:
        runner = asyncio.Runner()

        def run(until: Coroutine[Any, Any, T]) -> T:
            return thread.submit(runner.run, until).result()

        try:
            yield run
        finally:
            thread.submit(runner.close).result()


def open_files() -> int:
    """How many files and sockets this process holds."""
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, not walked
