"""SQLite's one writer: nobody is passed over, and who is urgent goes first."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from storage.database.one_writer import OneWriter

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_urgent_go_first_and_the_others_in_their_order() -> None:
    """While one writes, two others and then an urgent one wait: the urgent one is next."""
    writer, order = OneWriter(), list[str]()
    with writer.held(urgent=False):
        waiting = [_waits(writer, order, name, urgent=name == "urgent") for name in ("a", "b", "urgent")]
    for thread in waiting:
        thread.join(10)
    assert order == ["urgent", "a", "b"]


def test_one_who_writes_again_and_again_lets_others_in() -> None:
    """A job that takes the lock batch after batch hands it on to whoever asked meanwhile."""
    writer, order = OneWriter(), list[str]()
    with writer.held(urgent=False):
        thread = _waits(writer, order, "other", urgent=False)
    with writer.held(urgent=False):
        assert order == ["other"]
    thread.join(10)


def test_an_error_hands_the_lock_on() -> None:
    """Whoever raises while writing holds up nobody."""
    writer, order = OneWriter(), list[str]()

    def fails() -> None:
        with writer.held(urgent=False):
            raise ValueError

    try:
        fails()
    except ValueError:
        _waits(writer, order, "next", urgent=False).join(10)
    assert order == ["next"]


def _waits(writer: OneWriter, order: list[str], name: str, *, urgent: bool) -> threading.Thread:
    """A thread that waits for its turn when this returns, or has had it."""
    before = writer.waiting

    def run() -> None:
        with writer.held(urgent=urgent):
            order.append(name)

    thread = threading.Thread(target=run)
    thread.start()
    _until(lambda: writer.waiting > before or not thread.is_alive())
    return thread


def _until(true: Callable[[], bool]) -> None:
    """Let other threads run until something is true."""
    pause = threading.Event()
    for _ in range(10_000):
        if true():
            return
        pause.wait(0.001)
    raise AssertionError
