"""Attack the identity check: ``python -m tests.attack``; exits 1 when one of its counts is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from storage.database import schema
from storage.database.transaction import Database
from tests.attack.attack import attack
from tests.attack.street import Counts
from tests.attack.twins import HOLES
from tests.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.attack.entrances import Entrances

SCRATCH_FOLDER = Path("/dev/shm")  # noqa: S108 - a folder in memory: no disk is waited for


def main() -> int:
    """Print the counts of the attack, and which planted hole was found."""
    wanted = argparse.ArgumentParser(prog="make attack", description=__doc__)
    wanted.add_argument("--victims", type=int, default=48)
    wanted.add_argument("--days", type=int, default=48)
    wanted.add_argument("--a-day", type=int, default=3)
    wanted.add_argument("--honest", type=int, default=1000)
    wanted.add_argument("--least", type=int, default=100_000, help="fewer attempts are a failure")
    given = wanted.parse_args()
    begun = monotonic()
    with ProcessPoolExecutor() as pool:
        parts = [
            {"victims": given.victims // PARTS, "days": given.days, "a_day": given.a_day, "honest": share}
            for share in (given.honest // PARTS + (part < given.honest % PARTS) for part in range(PARTS))
        ]
        found = _together(pool.map(_play, parts))
        sound = dict(zip(HOLES, pool.map(_leaves_no_trace, HOLES), strict=True))
    _say(f"attempts: {found.attempts:,} in {monotonic() - begun:.0f} s")
    for entrance, number in sorted(found.by_entrance.items()):
        _say(f"  {entrance}: {number:,}")
    _say(f"disclosures: {len(found.disclosures)} {found.disclosures[:5] or ''}")
    _say(f"verified customers locked out: {len(found.locked_out)} {found.locked_out[:5] or ''}")
    _say(f"honest customers who reached their balance: {found.reached:,} of {found.honest:,}")
    missed = [hole for hole, unnoticed in sound.items() if unnoticed]
    _say(f"planted holes found: {len(HOLES) - len(missed)} of {len(HOLES)} {missed or ''}")
    return 0 if found.sound and found.attempts >= given.least and not missed else 1


PARTS: Final = 12
"""The attack is played in so many parts, each on a database of its own, on all processors."""
QUICK: Final[Mapping[str, int]] = {"victims": 4, "days": 9, "a_day": 3, "honest": 0}
"""As small as an attack can be that still finds every planted hole."""


def _leaves_no_trace(hole: str) -> bool:
    """Whether the attack does not find a planted hole."""
    return _play(QUICK, HOLES[hole]).sound


def _together(parts: Iterable[Counts]) -> Counts:
    every = Counts()
    for one in parts:
        every.attempts += one.attempts
        every.disclosures += one.disclosures
        every.locked_out += one.locked_out
        every.honest += one.honest
        every.reached += one.reached
        for entrance, number in one.by_entrance.items():
            every.by_entrance[entrance] = every.by_entrance.get(entrance, 0) + number
    return every


def _play(asked: Mapping[str, int], entrances: Entrances | None = None) -> Counts:
    with tempfile.TemporaryDirectory(dir=SCRATCH_FOLDER if SCRATCH_FOLDER.is_dir() else None) as folder:
        database = Database(f"sqlite:///{folder}/attack.db", KEYS)
        schema.ensure(database.engine)
        try:
            return attack(database, **asked, entrances=entrances)
        finally:
            database.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
