"""What a fuzz came to, and whatever this process printed or logged meanwhile."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fuzz.hostile import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHOWN: Final = 600


@dataclass
class Counts:
    """How many inputs there were by name, what raised, and which marked texts were printed."""

    inputs: dict[str, int] = field(default_factory=dict)
    raised: dict[str, str] = field(default_factory=dict)
    """One input, shortened, by where it was given and what it raised."""
    leaks: list[str] = field(default_factory=list)
    """Lines of output with a marked text."""

    @property
    def total(self) -> int:
        """How many inputs there were."""
        return sum(self.inputs.values())

    @property
    def sound(self) -> bool:
        """Whether nothing raised and nothing marked was printed."""
        return not self.raised and not self.leaks

    def tried(self, name: str) -> None:
        """Count an input."""
        self.inputs[name] = self.inputs.get(name, 0) + 1

    def failed(self, name: str, error: BaseException, given: object) -> None:
        """Keep what raised where, once for each place in the code."""
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).parent.name}/{Path(where.filename).name}:{where.lineno}"
        self.raised.setdefault(f"{name}: {type(error).__name__} at {place}", repr(given)[:_SHOWN])

    def add(self, others: Iterable[Counts]) -> None:
        """Add the counts of others."""
        for one in others:
            for name, number in one.inputs.items():
                self.inputs[name] = self.inputs.get(name, 0) + number
            self.raised |= {what: given for what, given in one.raised.items() if what not in self.raised}
            self.leaks += one.leaks


@contextmanager
def watched(counts: Counts) -> Iterator[None]:
    """Catch all that this process writes to its outputs, logs of every library and level included."""
    handler = logging.StreamHandler(sys.__stderr__)
    root, level = logging.getLogger(), logging.getLogger().level
    kept = {number: os.dup(number) for number in (1, 2)}
    with tempfile.TemporaryFile() as caught:
        for number in kept:
            os.dup2(caught.fileno(), number)
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, before in kept.items():
                os.dup2(before, number)
                os.close(before)
            caught.seek(0)
            marked = (line for line in caught if MARK.encode() in line)
            counts.leaks += [line.decode(errors="replace")[:_SHOWN] for line in marked]
