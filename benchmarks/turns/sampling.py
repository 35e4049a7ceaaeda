"""Where a process spends its processor time: every thread's stack, taken many times a second.

A sample counts what its thread computed since the one before, by the thread's own processor clock, so that
waiting costs nothing and threads do not blur each other.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

EVERY: Final = 0.002
"""Seconds between samples."""
_SWITCH: Final = 0.0001
"""Seconds a thread may keep others waiting: with Python's 0.005 samples would fall where threads wait."""
_LINES: Final = 70


class Sampler:
    """Samples until stopped, and counts SQL statements."""

    def __init__(self) -> None:
        self._own: Counter[str] = Counter()
        self._with_callees: Counter[str] = Counter()
        self._threads: Counter[str] = Counter()
        self._statements: Counter[str] = Counter()
        self._spent: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin."""
        sys.setswitchinterval(_SWITCH)
        event.listen(Engine, "before_cursor_execute", self._executed)
        self._thread.start()

    def stop(self, file: Path) -> None:
        """End, and write what was found."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        file.write_text(self._report(), encoding="utf-8")

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way
                if ident != threading.get_ident():
                    self._sample(ident, names.get(ident, "?"), frame)

    def _sample(self, ident: int, name: str, frame: FrameType) -> None:
        with suppress(OSError, ValueError):  # the thread has just ended
            spent = time.clock_gettime(time.pthread_getcpuclockid(ident))
            since = spent - self._spent.get(ident, spent)
            self._spent[ident] = spent
            if since > 0:
                self._count(since, name, frame)

    def _count(self, seconds: float, name: str, frame: FrameType) -> None:
        self._threads[name] += seconds  # type: ignore[assignment]
        self._own[_place(frame)] += seconds  # type: ignore[assignment]
        seen, above = set(), frame
        while above is not None:
            seen.add(_place(above))
            above = above.f_back  # type: ignore[assignment]
        for place in seen:
            self._with_callees[place] += seconds

    def _executed(self, *arguments: object) -> None:
        self._statements[" ".join(str(arguments[2]).split())[:300]] += 1

    def _report(self) -> str:
        parts = {
            "processor seconds by thread": self._threads,
            "processor seconds in the function itself": self._own,
            "processor seconds in the function and what it calls": self._with_callees,
            f"SQL statements, {self._statements.total():,} in all": self._statements,
        }
        return "\n\n".join("\n".join([title, *_lines(found)]) for title, found in parts.items()) + "\n"


def file_in(folder: Path | None, name: str) -> Path | None:
    """Where to write what is found; None without a folder, which is made if need be."""
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}.txt").resolve()


def _place(frame: FrameType) -> str:
    code = frame.f_code
    file = "/".join(code.co_filename.rsplit("/", 3)[-3:])
    return f"{file}:{code.co_firstlineno} {code.co_qualname}"


def _lines(found: Counter[str]) -> list[str]:
    return [
        f"{count:10.3f}  {what}" if isinstance(count, float) else f"{count:10,}  {what}"
        for what, count in found.most_common(_LINES)
    ]
