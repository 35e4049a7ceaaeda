"""Give Kvitt hostile inputs by a seed: ``python -m tests.fuzz``; exits 1 when one raised or was printed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Final

from bot.simulate.chance import Chance
from storage.database import schema
from storage.database.transaction import Database
from tests.fuzz import forms, readers, turns
from tests.fuzz.counts import Counts, watched
from tests.keys import KEYS

SCRATCH_FOLDER: Final = Path("/dev/shm")  # noqa: S108 - a folder in memory: no disk is waited for
PART: Final = 500
"""Turns, or requests, of one part; each is played on a database of its own."""
READ_IN_A_PART: Final = 20_000
REQUESTS: Final = 0.02
"""The share of requests among the inputs; the rest is read."""


def main() -> int:
    """Print how many inputs there were of each kind, what raised, and what was printed that may not be."""
    wanted = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    wanted.add_argument("--seed", type=int, default=1)
    wanted.add_argument(
        "--turns", type=int, default=50_000, help="whole turns, from a text to its delivered answer"
    )
    wanted.add_argument(
        "--inputs", type=int, default=1_000_000, help="inputs for readers, forms and webhooks"
    )
    given = wanted.parse_args()
    begun, every = monotonic(), Counts()
    with ProcessPoolExecutor() as pool:
        every.add(pool.map(_play, parts(given.seed, given.turns, given.inputs)))
    _say(f"inputs: {every.total:,} by seed {given.seed} in {monotonic() - begun:.0f} s")
    for name, number in sorted(every.inputs.items()):
        _say(f"  {name}: {number:,}")
    _say(f"uncaught exceptions: {len(every.raised)}")
    for what, first in every.raised.items():
        _say(f"  {what}\n    {first}")
    _say(f"marked texts in any output: {len(every.leaks)} {every.leaks[:5] or ''}")
    return 0 if every.sound else 1


def parts(seed: int, asked_turns: int, inputs: int) -> list[tuple[str, int, int]]:
    """The parts of a fuzz: what is played, by which seed, and how many."""
    requests = int(inputs * REQUESTS)
    shares = (
        ("turns", asked_turns, PART),
        ("forms", requests, PART),
        ("readers", inputs - requests, READ_IN_A_PART),
    )
    return [
        (what, seed * 1_000_003 + number, min(size, amount - begun))
        for what, amount, size in shares
        for number, begun in enumerate(range(0, amount, size))
    ]


def _play(part: tuple[str, int, int]) -> Counts:
    what, seed, amount = part
    counts, chance = Counts(), Chance(f"{what} {seed}")
    with tempfile.TemporaryDirectory(dir=SCRATCH_FOLDER if SCRATCH_FOLDER.is_dir() else None) as folder:
        if what == "readers":
            with watched(counts):
                readers.play(counts, chance, amount, Path(folder))
            return counts
        database = Database(f"sqlite:///{folder}/fuzz.db", KEYS)
        schema.upgrade(database.engine)
        try:
            with watched(counts):
                (turns if what == "turns" else forms).play(database, counts, chance, amount)
        finally:
            database.close()
    return counts


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
